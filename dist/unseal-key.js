require('./index.js')['unseal-key']();
