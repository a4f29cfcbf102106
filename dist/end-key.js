require('./index.js')['end-key']();
