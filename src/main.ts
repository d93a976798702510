#!/usr/bin/env node
console.log("vipdns");
