require('./index.js')['sweep']();
