require('./index.js')['preview']();
