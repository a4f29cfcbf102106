require('./index.js')['preview-post']();
