require('./index.js').usage();
