require('./index.js')['usage']();
