require('./index.js')['delete']();
