// The modules of an app that its pages import, each shown in a document.
export const wxp: import('miniprogram-login').Wxp
