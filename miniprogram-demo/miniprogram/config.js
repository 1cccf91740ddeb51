// 后端地址。真机调试和上线时换成自己的 https 域名，并在小程序后台登记。
export const baseUrl = 'http://127.0.0.1:3000'

// 微信模拟器的地址，只有“故障”页用它来制造故障；没有它，那一页的有些按钮会说明自己需要它。
export const simulatorUrl = 'http://127.0.0.1:3001'
