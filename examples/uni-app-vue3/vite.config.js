import uni from '@dcloudio/vite-plugin-uni'
import { vite as miniprogramLogin } from 'miniprogram-login/bundler'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [uni(), miniprogramLogin()],
})
