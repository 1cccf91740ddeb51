import { lang, texts } from '../../texts/index'
import { page } from '../../utils/page'
import { createDecoder } from '../../utils/utf8'

const t = texts.stream

Page(page('stream', {
  data: { question: t.asked, answer: '', chunks: 0, cut: 0, state: '' },

  typed({ detail }) {
    this.setData({ question: detail.value })
  },

  question() {
    const decoder = createDecoder()
    let chunks = 0
    let answer = ''
    this.setData({ answer, chunks, cut: 0, state: 'waiting' })
    const show = (text) => {
      answer += text
      this.setData({ answer, chunks, cut: decoder.cut })
    }

    const options = { url: '/user/chat', method: 'POST', enableChunked: true, data: { question: this.data.question, lang } }
    this.call = this.ask(options)
    // 令牌被拒绝的那一次尝试，SDK 一个字也不会给出来。
    this.call.onChunkReceived(({ data }) => {
      chunks += 1
      show(decoder.push(data))
    })
    this.run('ask', () => this.call.then((res) => {
      show(decoder.end())
      if (res.statusCode !== 200) throw Object.assign(new Error(answer), { code: `HTTP ${res.statusCode}` })
      this.setData({ state: 'done' })
    }).catch((error) => {
      this.setData({ state: 'stopped' })
      // 是用户自己停的。
      if (error.code !== 'aborted') throw error
    }))
  },

  stop() {
    if (this.call) this.call.abort()
  },

  onUnload() {
    this.stop()
  },
}))
