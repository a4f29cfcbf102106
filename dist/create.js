require('./index.js')['create']();
