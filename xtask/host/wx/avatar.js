// What `<button open-type="chooseAvatar">` does: the user's picture in WeChat, or one of the phone's.
import { device } from '../phone/device.js'
import { keep } from '../phone/files.js'
import { showActions } from '../phone/sheets.js'

const SIZE = 132

/** WeChat's picture of the user as it comes to mini programs: a bitmap. */
async function ofWechat() {
  const picture = new Image(SIZE, SIZE)
  picture.src = `/avatar/${device.user}.svg`
  await picture.decode()
  const canvas = Object.assign(document.createElement('canvas'), { width: SIZE, height: SIZE })
  canvas.getContext('2d').drawImage(picture, 0, 0, SIZE, SIZE)
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'))
}

function ofAlbum() {
  return new Promise((resolve) => {
    const field = Object.assign(document.createElement('input'), { type: 'file', accept: 'image/*' })
    field.addEventListener('change', () => resolve(field.files[0]))
    field.addEventListener('cancel', () => resolve(null))
    field.click()
  })
}

/** Resolves with the event's detail; never when the user chose nothing, as in WeChat. */
export function createAvatar() {
  return async () => {
    const choice = await showActions(['用微信头像', '从相册选择'])
    const blob = choice === 0 ? await ofWechat() : choice === 1 ? await ofAlbum() : null
    if (!blob) return new Promise(() => {})
    return { avatarUrl: keep(blob, choice === 0 ? 'avatar.png' : blob.name) }
  }
}
