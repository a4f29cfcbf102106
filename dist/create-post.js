require('./index.js').createPost();
