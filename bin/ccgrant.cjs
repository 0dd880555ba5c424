#!/usr/bin/env node
'use strict';

try {
  require('../dist/main.cjs');
} catch (error) {
  if (error.code !== 'MODULE_NOT_FOUND') throw error;
  process.stderr.write(
    'error[usage]: ccgrant is not built\n  hint:   run npm ci (or npm run build) in its directory\n',
  );
  process.exitCode = 2;
}
