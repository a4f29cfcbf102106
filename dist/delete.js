require('./index.js').delete();
