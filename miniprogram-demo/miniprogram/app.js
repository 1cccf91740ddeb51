import { launch } from './utils/launch'

App({ wxp: launch() })
