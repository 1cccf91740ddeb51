location.replace(navigator.language.startsWith('zh') ? 'zh/index.html' : 'en/index.html')
