require('./index.js').key();
