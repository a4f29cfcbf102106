require('./index.js').create();
