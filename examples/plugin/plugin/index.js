const wxp = require('./wxp')

/** For the mini program that uses the plugin: requirePlugin('hello').home() */
exports.home = async () => (await wxp.requestNeedLogin({ url: '/user/home?name=eva' })).data
