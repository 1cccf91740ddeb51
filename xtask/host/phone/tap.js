// The tap state ("点击态"): some APIs may only be called within the macro-task of a tap handler.
// Promises settled in that macro-task keep it, as on Android;
// timers and answers from the network do not.
let held = 0

export const tap = {
  get held() {
    return held > 0
  },

  during(handler) {
    held += 1
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      held -= 1
      port1.close()
    }
    // Posted first, so that it comes before whatever timer the handler starts.
    port2.postMessage(null)
    return handler()
  },
}
