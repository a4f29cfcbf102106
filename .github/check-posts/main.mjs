console.log('When the job ends, its post steps are checked.');
