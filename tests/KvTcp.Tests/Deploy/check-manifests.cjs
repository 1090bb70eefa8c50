// Checks Kubernetes manifests against the schemas of the API, offline: node check-manifests.cjs MODULES FILE
// MODULES has the packages kubernetes-models and yaml. Prints "KIND NAME" for each manifest that is right, and a line for each mistake;
// exits with 1 if there is one.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const [, , modules, file] = process.argv;
const { parseAllDocuments } = require(path.join(modules, 'yaml'));

// The schemas say nothing of properties that they do not know, but look at all that they do: what is never looked at is unknown.
function watch(value, where, unread) {
    if (value === null || typeof value !== 'object') {
        return value;
    }
    const copy = Array.isArray(value) ? [] : {};
    for (const [name, item] of Object.entries(value)) {
        copy[name] = watch(item, `${where}.${name}`, unread);
        if (!Array.isArray(value)) {
            unread.add(`${where}.${name}`);
        }
    }
    return new Proxy(copy, {
        get(target, name) {
            unread.delete(`${where}.${String(name)}`);
            return target[name];
        },
    });
}

function mistakesOf(manifest) {
    const [version, group = 'core'] = manifest.apiVersion.split('/').reverse();
    const title = (word) => word[0].toUpperCase() + word.slice(1);
    const schema = path.join(modules, 'kubernetes-models/_schemas', `IoK8sApi${title(group.split('.')[0])}${title(version)}${manifest.kind}.js`);
    if (!fs.existsSync(schema)) {
        return [`${manifest.apiVersion} has no ${manifest.kind}`];
    }
    const { validate } = require(schema);
    const unread = new Set();
    const isValid = validate(watch(manifest, '', unread));
    return isValid
        ? [...unread].map((where) => `${where} is unknown`)
        : validate.errors.map((error) => `${error.instancePath} ${error.message ?? JSON.stringify(error.params)}`);
}

let isRight = true;
for (const document of parseAllDocuments(fs.readFileSync(file, 'utf8'))) {
    const manifest = document.toJS();
    const mistakes = document.errors.length > 0 ? document.errors.map((error) => error.message) : mistakesOf(manifest);
    const name = `${manifest?.kind} ${manifest?.metadata?.name}`;
    console.log(mistakes.length > 0 ? mistakes.map((mistake) => `${name}: ${mistake}`).join('\n') : name);
    isRight &&= mistakes.length === 0;
}
process.exit(isRight ? 0 : 1);
