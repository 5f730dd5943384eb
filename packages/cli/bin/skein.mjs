#!/usr/bin/env node
// Here and not in dist, so that npm finds it before anything is built.
import '../dist/main.js'
