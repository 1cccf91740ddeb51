Component({
  properties: {
    // { code, stage, message, advice }，没有错误时为 null
    error: { type: Object, value: null },
  },
})
