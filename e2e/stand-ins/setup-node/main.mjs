console.log(`Node.js ${process.version}`);
