require('./index.js').keyPost();
