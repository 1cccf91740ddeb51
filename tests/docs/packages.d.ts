// What an app may have besides, of which the documents show little.
declare module 'alova'
declare module 'axios'
