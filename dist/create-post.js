require('./index.js')['create-post']();
