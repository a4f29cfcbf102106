require('./index.js')['key']();
