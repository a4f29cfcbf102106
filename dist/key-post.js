require('./index.js')['key-post']();
