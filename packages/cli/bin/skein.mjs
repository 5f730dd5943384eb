#!/usr/bin/env -S node --min-semi-space-size=16
// Here and not in dist, so that npm finds it before anything is built.
import '../dist/main.js'
