import { Text } from '@tarojs/components'
import { useLoad } from '@tarojs/taro'
import { useState } from 'react'
import { wxp } from '../../wxp'

export default function Index() {
  const [text, setText] = useState('')

  useLoad(async () => {
    try {
      const res = await wxp.requestNeedLogin({ url: '/user/home?name=eva' })
      setText(res.data.data.name)
    } catch (e) {
      setText(e.message)
    }
  })

  return <Text>{text}</Text>
}
