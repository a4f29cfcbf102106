(() => {
  var __webpack_modules__ = {
    770: (module, __unused_webpack_exports, __nccwpck_require__) => {
      module.exports = __nccwpck_require__(218);
    },
    218: (__unused_webpack_module, exports, __nccwpck_require__) => {
      "use strict";
      var tls = __nccwpck_require__(756);
      var http = __nccwpck_require__(611);
      var https = __nccwpck_require__(692);
      var events = __nccwpck_require__(434);
      var util = __nccwpck_require__(23);
      exports.httpOverHttp = httpOverHttp;
      exports.httpsOverHttp = httpsOverHttp;
      exports.httpOverHttps = httpOverHttps;
      exports.httpsOverHttps = httpsOverHttps;
      function httpOverHttp(options) {
        var agent = new TunnelingAgent(options);
        agent.request = http.request;
        return agent;
      }
      function httpsOverHttp(options) {
        var agent = new TunnelingAgent(options);
        agent.request = http.request;
        agent.createSocket = createSecureSocket;
        agent.defaultPort = 443;
        return agent;
      }
      function httpOverHttps(options) {
        var agent = new TunnelingAgent(options);
        agent.request = https.request;
        return agent;
      }
      function httpsOverHttps(options) {
        var agent = new TunnelingAgent(options);
        agent.request = https.request;
        agent.createSocket = createSecureSocket;
        agent.defaultPort = 443;
        return agent;
      }
      function TunnelingAgent(options) {
        var self = this;
        self.options = options || {};
        self.proxyOptions = self.options.proxy || {};
        self.maxSockets = self.options.maxSockets || http.Agent.defaultMaxSockets;
        self.requests = [];
        self.sockets = [];
        self.on("free", function(socket, host, port, localAddress) {
          var options = toOptions(host, port, localAddress);
          for (var i = 0, len = self.requests.length; i < len; ++i) {
            var pending = self.requests[i];
            if (pending.host === options.host && pending.port === options.port) {
              self.requests.splice(i, 1);
              pending.request.onSocket(socket);
              return;
            }
          }
          socket.destroy();
          self.removeSocket(socket);
        });
      }
      util.inherits(TunnelingAgent, events.EventEmitter);
      TunnelingAgent.prototype.addRequest = function(req, host, port, localAddress) {
        var self = this;
        var options = mergeOptions({
          request: req
        }, self.options, toOptions(host, port, localAddress));
        if (self.sockets.length >= this.maxSockets) {
          self.requests.push(options);
          return;
        }
        self.createSocket(options, function(socket) {
          socket.on("free", onFree);
          socket.on("close", onCloseOrRemove);
          socket.on("agentRemove", onCloseOrRemove);
          req.onSocket(socket);
          function onFree() {
            self.emit("free", socket, options);
          }
          function onCloseOrRemove(err) {
            self.removeSocket(socket);
            socket.removeListener("free", onFree);
            socket.removeListener("close", onCloseOrRemove);
            socket.removeListener("agentRemove", onCloseOrRemove);
          }
        });
      };
      TunnelingAgent.prototype.createSocket = function(options, cb) {
        var self = this;
        var placeholder = {};
        self.sockets.push(placeholder);
        var connectOptions = mergeOptions({}, self.proxyOptions, {
          method: "CONNECT",
          path: options.host + ":" + options.port,
          agent: false,
          headers: {
            host: options.host + ":" + options.port
          }
        });
        if (options.localAddress) connectOptions.localAddress = options.localAddress;
        if (connectOptions.proxyAuth) {
          connectOptions.headers = connectOptions.headers || {};
          connectOptions.headers["Proxy-Authorization"] = "Basic " + new Buffer(connectOptions.proxyAuth).toString("base64");
        }
        debug("making CONNECT request");
        var connectReq = self.request(connectOptions);
        connectReq.useChunkedEncodingByDefault = false;
        connectReq.once("response", onResponse);
        connectReq.once("upgrade", onUpgrade);
        connectReq.once("connect", onConnect);
        connectReq.once("error", onError);
        connectReq.end();
        function onResponse(res) {
          res.upgrade = true;
        }
        function onUpgrade(res, socket, head) {
          process.nextTick(function() {
            onConnect(res, socket, head);
          });
        }
        function onConnect(res, socket, head) {
          connectReq.removeAllListeners();
          socket.removeAllListeners();
          if (res.statusCode !== 200) {
            debug("tunneling socket could not be established, statusCode=%d", res.statusCode);
            socket.destroy();
            var error = new Error("tunneling socket could not be established, statusCode=" + res.statusCode);
            error.code = "ECONNRESET";
            options.request.emit("error", error);
            self.removeSocket(placeholder);
            return;
          }
          if (head.length > 0) {
            debug("got illegal response body from proxy");
            socket.destroy();
            error = new Error("got illegal response body from proxy");
            error.code = "ECONNRESET";
            options.request.emit("error", error);
            self.removeSocket(placeholder);
            return;
          }
          debug("tunneling connection has established");
          self.sockets[self.sockets.indexOf(placeholder)] = socket;
          return cb(socket);
        }
        function onError(cause) {
          connectReq.removeAllListeners();
          debug("tunneling socket could not be established, cause=%s\n", cause.message, cause.stack);
          var error = new Error("tunneling socket could not be established, cause=" + cause.message);
          error.code = "ECONNRESET";
          options.request.emit("error", error);
          self.removeSocket(placeholder);
        }
      };
      TunnelingAgent.prototype.removeSocket = function(socket) {
        var pos = this.sockets.indexOf(socket);
        if (pos === -1) return;
        this.sockets.splice(pos, 1);
        var pending = this.requests.shift();
        if (pending) this.createSocket(pending, function(socket) {
          pending.request.onSocket(socket);
        });
      };
      function createSecureSocket(options, cb) {
        var self = this;
        TunnelingAgent.prototype.createSocket.call(self, options, function(socket) {
          var hostHeader = options.request.getHeader("host");
          var tlsOptions = mergeOptions({}, self.options, {
            socket: socket,
            servername: hostHeader ? hostHeader.replace(/:.*$/, "") : options.host
          });
          var secureSocket = tls.connect(0, tlsOptions);
          self.sockets[self.sockets.indexOf(socket)] = secureSocket;
          cb(secureSocket);
        });
      }
      function toOptions(host, port, localAddress) {
        if (typeof host === "string") return {
          host: host,
          port: port,
          localAddress: localAddress
        };
        return host;
      }
      function mergeOptions(target) {
        for (var i = 1, len = arguments.length; i < len; ++i) {
          var overrides = arguments[i];
          if (typeof overrides === "object") {
            var keys = Object.keys(overrides);
            for (var j = 0, keyLen = keys.length; j < keyLen; ++j) {
              var k = keys[j];
              if (overrides[k] !== void 0) target[k] = overrides[k];
            }
          }
        }
        return target;
      }
      var debug;
      if (process.env.NODE_DEBUG && /\btunnel\b/.test(process.env.NODE_DEBUG)) debug = function() {
        var args = Array.prototype.slice.call(arguments);
        if (typeof args[0] === "string") args[0] = "TUNNEL: " + args[0]; else args.unshift("TUNNEL:");
        console.error.apply(console, args);
      }; else debug = function() {};
    },
    613: module => {
      "use strict";
      module.exports = require("assert");
    },
    434: module => {
      "use strict";
      module.exports = require("events");
    },
    611: module => {
      "use strict";
      module.exports = require("http");
    },
    692: module => {
      "use strict";
      module.exports = require("https");
    },
    278: module => {
      "use strict";
      module.exports = require("net");
    },
    756: module => {
      "use strict";
      module.exports = require("tls");
    },
    23: module => {
      "use strict";
      module.exports = require("util");
    }
  };
  var __webpack_module_cache__ = {};
  function __nccwpck_require__(moduleId) {
    var cachedModule = __webpack_module_cache__[moduleId];
    if (cachedModule !== void 0) return cachedModule.exports;
    var module = __webpack_module_cache__[moduleId] = {
      exports: {}
    };
    var threw = true;
    try {
      __webpack_modules__[moduleId](module, module.exports, __nccwpck_require__);
      threw = false;
    } finally {
      if (threw) delete __webpack_module_cache__[moduleId];
    }
    return module.exports;
  }
  if (typeof __nccwpck_require__ !== "undefined") __nccwpck_require__.ab = __dirname + "/";
  (() => {
    var getProto = Object.getPrototypeOf ? obj => Object.getPrototypeOf(obj) : obj => obj.__proto__;
    var leafPrototypes;
    __nccwpck_require__.t = function(value, mode) {
      if (mode & 1) value = this(value);
      if (mode & 8) return value;
      if (typeof value === "object" && value) {
        if (mode & 4 && value.__esModule) return value;
        if (mode & 16 && typeof value.then === "function") return value;
      }
      var ns = Object.create(null);
      __nccwpck_require__.r(ns);
      var def = {};
      leafPrototypes = leafPrototypes || [ null, getProto({}), getProto([]), getProto(getProto) ];
      for (var current = mode & 2 && value; typeof current == "object" && !~leafPrototypes.indexOf(current); current = getProto(current)) Object.getOwnPropertyNames(current).forEach(key => def[key] = () => value[key]);
      def["default"] = () => value;
      __nccwpck_require__.d(ns, def);
      return ns;
    };
  })();
  (() => {
    __nccwpck_require__.d = (exports, definition) => {
      for (var key in definition) if (__nccwpck_require__.o(definition, key) && !__nccwpck_require__.o(exports, key)) Object.defineProperty(exports, key, {
        enumerable: true,
        get: definition[key]
      });
    };
  })();
  (() => {
    __nccwpck_require__.o = (obj, prop) => Object.prototype.hasOwnProperty.call(obj, prop);
  })();
  (() => {
    __nccwpck_require__.r = exports => {
      if (typeof Symbol !== "undefined" && Symbol.toStringTag) Object.defineProperty(exports, Symbol.toStringTag, {
        value: "Module"
      });
      Object.defineProperty(exports, "__esModule", {
        value: true
      });
    };
  })();
  var __webpack_exports__ = {};
  (() => {
    "use strict";
    __nccwpck_require__.r(__webpack_exports__);
    __nccwpck_require__.d(__webpack_exports__, {
      create: () => create,
      delete: () => delete_deleteWorkspace,
      key: () => key_key,
      keyPost: () => keyPost,
      post: () => create_post_post,
      sweep: () => sweep_sweep
    });
    function getEnumValues(entries) {
      const numericValues = Object.values(entries).filter(v => typeof v === "number");
      const values = Object.entries(entries).filter(([k, _]) => numericValues.indexOf(+k) === -1).map(([_, v]) => v);
      return values;
    }
    function jsonStringifyReplacer(_, value) {
      if (typeof value === "bigint") return value.toString();
      return value;
    }
    class Cached {
      constructor(getter) {
        this._getter = getter;
        this._value = void 0;
      }
      get value() {
        const getter = this._getter;
        if (getter !== void 0) {
          this._value = getter();
          this._getter = void 0;
        }
        return this._value;
      }
    }
    function cached(getter) {
      return new Cached(getter);
    }
    function nullish(input) {
      return input === null || input === void 0;
    }
    function cleanRegex(source) {
      const start = source.startsWith("^") ? 1 : 0;
      const end = source.endsWith("$") ? source.length - 1 : source.length;
      return source.slice(start, end);
    }
    function assignProp(target, prop, value) {
      Object.defineProperty(target, prop, {
        value: value,
        writable: true,
        enumerable: true,
        configurable: true
      });
    }
    const captureStackTrace = "captureStackTrace" in Error ? Error.captureStackTrace : (..._args) => {};
    function util_isObject(data) {
      return typeof data === "object" && data !== null && !Array.isArray(data);
    }
    function isPlainObject(o) {
      if (util_isObject(o) === false) return false;
      const ctor = o.constructor;
      if (ctor === void 0) return true;
      if (typeof ctor !== "function") return true;
      const prot = ctor.prototype;
      if (util_isObject(prot) === false) return false;
      if (Object.prototype.hasOwnProperty.call(prot, "isPrototypeOf") === false) return false;
      return true;
    }
    function shallowClone(o) {
      if (isPlainObject(o)) return {
        ...o
      };
      if (Array.isArray(o)) return [ ...o ];
      if (o instanceof Map) return new Map(o);
      if (o instanceof Set) return new Set(o);
      return o;
    }
    const propertyKeyTypes = new Set([ "string", "number", "symbol" ]);
    function escapeRegex(str) {
      return str.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    }
    function clone(inst, def, params) {
      const cl = new inst._zod.constr(def ?? inst._zod.def);
      if (!def || params?.parent) cl._zod.parent = inst;
      return cl;
    }
    function normalizeParams(_params) {
      const params = _params;
      if (!params) return {};
      if (typeof params === "string") return {
        error: () => params
      };
      if (params?.message !== void 0) {
        if (params?.error !== void 0) throw new Error("Cannot specify both `message` and `error` params");
        params.error = params.message;
      }
      delete params.message;
      if (typeof params.error === "string") return {
        ...params,
        error: () => params.error
      };
      return params;
    }
    function optionalKeys(shape) {
      return Object.keys(shape).filter(k => shape[k]._zod.optin !== void 0 && shape[k]._zod.optout === "optional");
    }
    const NUMBER_FORMAT_RANGES = (() => ({
      safeint: [ Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER ],
      int32: [ -2147483648, 2147483647 ],
      uint32: [ 0, 4294967295 ],
      float32: [ -34028234663852886e22, 34028234663852886e22 ],
      float64: [ -Number.MAX_VALUE, Number.MAX_VALUE ]
    }))();
    function aborted(x, startIndex = 0) {
      if (x.aborted === true) return true;
      for (let i = startIndex; i < x.issues.length; i++) if (x.issues[i]?.continue !== true) return true;
      return false;
    }
    function explicitlyAborted(x, startIndex = 0) {
      if (x.aborted === true) return true;
      for (let i = startIndex; i < x.issues.length; i++) if (x.issues[i]?.continue === false) return true;
      return false;
    }
    function prefixIssues(path, issues) {
      return issues.map(iss => {
        var _a;
        (_a = iss).path ?? (_a.path = []);
        iss.path.unshift(path);
        return iss;
      });
    }
    function unwrapMessage(message) {
      return typeof message === "string" ? message : message?.message;
    }
    function sizeCaps(defChecks) {
      const caps = [];
      for (const ch of defChecks ?? []) {
        const d = ch._zod.def;
        if (!/_(length|size)$|_equals$/.test(d.check)) break;
        const max = d.maximum ?? d.length ?? d.size;
        if (max >= 0) caps.push([ max, ch ]);
      }
      return caps;
    }
    function attachSchema(issues, start, inst) {
      var _a;
      for (let i = start; i < issues.length; i++) (_a = issues[i]).schema ?? (_a.schema = inst);
    }
    function finalizeIssue(iss, ctx, config) {
      var _a;
      const traits = iss.inst?._zod?.traits;
      if (traits?.has("$ZodType")) if (traits.has("$ZodCheck")) (_a = iss).schema ?? (_a.schema = iss.inst); else iss.schema = iss.inst;
      const schemaError = iss.schema !== iss.inst ? iss.schema?._zod.def?.error : void 0;
      const message = iss.message ? iss.message : unwrapMessage(iss.inst?._zod.def?.error?.(iss)) ?? unwrapMessage(schemaError?.(iss)) ?? unwrapMessage(ctx?.error?.(iss)) ?? unwrapMessage(config.customError?.(iss)) ?? unwrapMessage(config.localeError?.(iss)) ?? "Invalid input";
      const full = {};
      for (const k of Object.keys(iss)) {
        if (k === "inst" || k === "schema" || k === "continue" || k === "input" || k === "__proto__") continue;
        full[k] = iss[k];
      }
      full.path ?? (full.path = []);
      full.message = message;
      if (ctx?.reportInput) full.input = iss.input;
      return full;
    }
    const highSurrogate = /[\uD800-\uDBFF]/;
    function codePointLength(str) {
      const units = str.length;
      if (!highSurrogate.test(str)) return units;
      let count = units;
      for (let i = 0; i < units - 1; i++) if ((str.charCodeAt(i) & 64512) === 55296 && (str.charCodeAt(i + 1) & 64512) === 56320) {
        count--;
        i++;
      }
      return count;
    }
    function getLengthableOrigin(input) {
      if (Array.isArray(input)) return "array";
      if (typeof input === "string") return "string";
      return "unknown";
    }
    function util_issue(...args) {
      const [iss, input, inst] = args;
      if (typeof iss === "string") return {
        message: iss,
        code: "custom",
        input: input,
        inst: inst
      };
      return {
        ...iss
      };
    }
    function members(proto, table) {
      for (const key in table) {
        const desc = Object.getOwnPropertyDescriptor(table, key);
        if (desc.get) Object.defineProperty(proto, key, {
          ...desc,
          enumerable: false
        }); else defineBound(proto, key, desc.value);
      }
    }
    function own(inst, key, value, enumerable = true) {
      Object.defineProperty(inst, key, {
        configurable: true,
        writable: true,
        enumerable: enumerable,
        value: value
      });
      return value;
    }
    function hide(inst, key, value) {
      return own(inst, key, value, false);
    }
    function defineBound(proto, key, fn) {
      Object.defineProperty(proto, key, {
        configurable: true,
        get() {
          return this == null ? fn : own(this, key, fn.bind(this));
        },
        set(value) {
          own(this, key, value);
        }
      });
    }
    function claim(inst, sentinel) {
      const proto = Object.getPrototypeOf(inst);
      return sentinel in proto ? void 0 : proto;
    }
    let installing;
    let broke = false;
    const breaker = {
      configurable: true,
      get() {
        broke = true;
        return;
      }
    };
    function defineLazyInternal(inst, key, compute) {
      const proto = Object.getPrototypeOf(inst._zod);
      if (key in proto && installing !== inst._zod) {
        installing = void 0;
        return;
      }
      installing = inst._zod;
      Object.defineProperty(proto, key, {
        configurable: true,
        get() {
          Object.defineProperty(this, key, breaker);
          const outer = broke;
          broke = false;
          try {
            const value = compute(this);
            if (broke) delete this[key]; else Object.defineProperty(this, key, {
              configurable: true,
              writable: true,
              value: value
            });
            broke = broke || outer;
            return value;
          } catch (err) {
            delete this[key];
            broke = broke || outer;
            throw err;
          }
        },
        set(value) {
          Object.defineProperty(this, key, {
            configurable: true,
            writable: true,
            value: value
          });
        }
      });
    }
    function installLazyProp(inst, key, make, enumerable) {
      const proto = claim(inst, key);
      if (!proto) return;
      Object.defineProperty(proto, key, {
        configurable: true,
        get() {
          const desc = {
            configurable: true,
            writable: true,
            enumerable: enumerable,
            value: void 0
          };
          Object.defineProperty(this, key, desc);
          desc.value = make(this);
          Object.defineProperty(this, key, desc);
          return desc.value;
        },
        set(value) {
          Object.defineProperty(this, key, {
            configurable: true,
            writable: true,
            enumerable: enumerable,
            value: value
          });
        }
      });
    }
    var _a;
    const NEVER = Object.freeze({
      status: "aborted"
    });
    const _zodDesc = {
      value: void 0,
      enumerable: false
    };
    let _E = "captureStackTrace" in Error ? Error : null;
    function newError(Definition) {
      const E = _E;
      if (E) {
        const saved = E.stackTraceLimit;
        if (typeof saved === "number") {
          try {
            E.stackTraceLimit = 0;
          } catch {
            _E = null;
            return new Definition;
          }
          try {
            return new Definition;
          } finally {
            E.stackTraceLimit = saved;
          }
        }
      }
      return new Definition;
    }
    function $constructor(name, initializer, proto, params) {
      const zodProto = {};
      function Internals(def) {
        this.def = def;
        this.constr = _;
        this.traits = new Set;
      }
      Internals.prototype = zodProto;
      const protoMembers = proto;
      const initialized = protoMembers && new WeakSet;
      function init(inst, def) {
        if (!inst._zod) {
          _zodDesc.value = new Internals(def);
          try {
            Object.defineProperty(inst, "_zod", _zodDesc);
          } finally {
            _zodDesc.value = void 0;
          }
        } else if (inst._zod.traits.has(name)) return;
        inst._zod.traits.add(name);
        initializer(inst, def);
        if (initialized) {
          const own = Object.getPrototypeOf(inst);
          const ctorProto = inst._zod.constr.prototype;
          let up = own;
          while (up && up !== ctorProto) up = Object.getPrototypeOf(up);
          const target = up ?? own;
          if (!initialized.has(target)) {
            initialized.add(target);
            members(target, protoMembers);
          }
        }
        const proto = _.prototype;
        for (const k in proto) {
          if (!Object.prototype.hasOwnProperty.call(proto, k)) continue;
          if (!(k in inst)) inst[k] = proto[k].bind(inst);
        }
      }
      const Parent = params?.Parent ?? Object;
      class Definition extends Parent {}
      Object.defineProperty(Definition, "name", {
        value: name
      });
      function _(def) {
        const inst = params?.Parent ? newError(Definition) : this;
        init(inst, def);
        const deferred = inst._zod.deferred;
        if (deferred) {
          for (const fn of deferred) fn();
          inst._zod.deferred = void 0;
        }
        const pp = globalThis.__zod_globalConfig?.postProcessor;
        if (pp) pp(inst);
        return inst;
      }
      Object.defineProperty(_, "init", {
        value: init
      });
      Object.defineProperty(_, Symbol.hasInstance, {
        value: inst => {
          if (params?.Parent && inst instanceof params.Parent) return true;
          return inst?._zod?.traits?.has(name);
        }
      });
      Object.defineProperty(_, "name", {
        value: name
      });
      return _;
    }
    class $ZodAsyncError extends Error {
      constructor() {
        super("Encountered Promise during synchronous parse. Use .parseAsync() instead.");
      }
    }
    class $ZodEncodeError extends Error {
      constructor(name) {
        super(`Encountered unidirectional transform during encode: ${name}`);
        this.name = "ZodEncodeError";
      }
    }
    (_a = globalThis).__zod_globalConfig ?? (_a.__zod_globalConfig = {});
    const core_globalConfig = globalThis.__zod_globalConfig;
    function config(newConfig) {
      if (newConfig) Object.assign(core_globalConfig, newConfig);
      return core_globalConfig;
    }
    const $ZodCheck = $constructor("$ZodCheck", (inst, def) => {
      var _a;
      inst._zod ?? (inst._zod = {});
      inst._zod.def = def;
      (_a = inst._zod).onattach ?? (_a.onattach = []);
    });
    const _whenHasLength = payload => {
      const val = payload.value;
      return !nullish(val) && val.length !== void 0;
    };
    const numericOriginMap = {
      number: "number",
      bigint: "bigint",
      object: "date"
    };
    const $ZodCheckLessThan = $constructor("$ZodCheckLessThan", (inst, def) => {
      $ZodCheck.init(inst, def);
      const origin = numericOriginMap[typeof def.value];
      inst._zod.check = payload => {
        if (def.inclusive ? payload.value <= def.value : payload.value < def.value) return;
        payload.issues.push({
          origin: numericOriginMap[typeof payload.value] ?? origin,
          code: "too_big",
          maximum: typeof def.value === "object" ? def.value.getTime() : def.value,
          input: payload.value,
          inclusive: def.inclusive,
          inst: inst,
          continue: !def.abort
        });
      };
    });
    const $ZodCheckGreaterThan = $constructor("$ZodCheckGreaterThan", (inst, def) => {
      $ZodCheck.init(inst, def);
      const origin = numericOriginMap[typeof def.value];
      inst._zod.check = payload => {
        if (def.inclusive ? payload.value >= def.value : payload.value > def.value) return;
        payload.issues.push({
          origin: numericOriginMap[typeof payload.value] ?? origin,
          code: "too_small",
          minimum: typeof def.value === "object" ? def.value.getTime() : def.value,
          input: payload.value,
          inclusive: def.inclusive,
          inst: inst,
          continue: !def.abort
        });
      };
    });
    const $ZodCheckNumberFormat = $constructor("$ZodCheckNumberFormat", (inst, def) => {
      $ZodCheck.init(inst, def);
      def.format = def.format || "float64";
      const isInt = def.format?.includes("int");
      const origin = isInt ? "int" : "number";
      const [minimum, maximum] = NUMBER_FORMAT_RANGES[def.format];
      inst._zod.check = payload => {
        const input = payload.value;
        if (isInt) {
          if (!Number.isInteger(input)) {
            payload.issues.push({
              expected: origin,
              format: def.format,
              code: "invalid_type",
              continue: false,
              input: input,
              inst: inst
            });
            return;
          }
          if (!Number.isSafeInteger(input)) {
            if (input > 0) payload.issues.push({
              input: input,
              code: "too_big",
              maximum: Number.MAX_SAFE_INTEGER,
              note: "Integers must be within the safe integer range.",
              inst: inst,
              origin: origin,
              inclusive: true,
              continue: !def.abort
            }); else payload.issues.push({
              input: input,
              code: "too_small",
              minimum: Number.MIN_SAFE_INTEGER,
              note: "Integers must be within the safe integer range.",
              inst: inst,
              origin: origin,
              inclusive: true,
              continue: !def.abort
            });
            return;
          }
        }
        if (input < minimum) payload.issues.push({
          origin: "number",
          input: input,
          code: "too_small",
          minimum: minimum,
          inclusive: true,
          inst: inst,
          continue: !def.abort
        });
        if (input > maximum) payload.issues.push({
          origin: "number",
          input: input,
          code: "too_big",
          maximum: maximum,
          inclusive: true,
          inst: inst,
          continue: !def.abort
        });
      };
    });
    const $ZodCheckMinLength = $constructor("$ZodCheckMinLength", (inst, def) => {
      var _a;
      $ZodCheck.init(inst, def);
      (_a = inst._zod.def).when ?? (_a.when = _whenHasLength);
      inst._zod.check = payload => {
        const input = payload.value;
        const units = input.length;
        const length = typeof input === "string" && units >= def.minimum && units < def.minimum * 2 ? codePointLength(input) : units;
        if (length >= def.minimum) return;
        const origin = getLengthableOrigin(input);
        payload.issues.push({
          origin: origin,
          code: "too_small",
          minimum: def.minimum,
          inclusive: true,
          input: input,
          inst: inst,
          continue: !def.abort
        });
      };
    });
    const $ZodCheckStringFormat = $constructor("$ZodCheckStringFormat", (inst, def) => {
      var _a, _b;
      $ZodCheck.init(inst, def);
      if (def.pattern) (_a = inst._zod).check ?? (_a.check = payload => {
        def.pattern.lastIndex = 0;
        if (def.pattern.test(payload.value)) return;
        payload.issues.push({
          origin: "string",
          code: "invalid_format",
          format: def.format,
          input: payload.value,
          ...def.pattern ? {
            pattern: def.pattern.toString()
          } : {},
          inst: inst,
          continue: !def.abort
        });
      }); else (_b = inst._zod).check ?? (_b.check = () => {});
    });
    const $ZodCheckRegex = $constructor("$ZodCheckRegex", (inst, def) => {
      $ZodCheckStringFormat.init(inst, def);
      inst._zod.check = payload => {
        def.pattern.lastIndex = 0;
        if (def.pattern.test(payload.value)) return;
        payload.issues.push({
          origin: "string",
          code: "invalid_format",
          format: "regex",
          input: payload.value,
          pattern: def.pattern.toString(),
          inst: inst,
          continue: !def.abort
        });
      };
    });
    const guid = /^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$/;
    const dateSource = "(?:(?:\\d\\d[2468][048]|\\d\\d[13579][26]|\\d\\d0[48]|[02468][048]00|[13579][26]00)-02-29|\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|(?:02)-(?:0[1-9]|1\\d|2[0-8])))";
    function timeSource(args) {
      const hhmm = "(?:[01]\\d|2[0-3]):[0-5]\\d";
      const regex = typeof args.precision === "number" ? args.precision === -1 ? `${hhmm}` : args.precision === 0 ? `${hhmm}:[0-5]\\d` : `${hhmm}:[0-5]\\d\\.\\d{${args.precision}}` : args.seconds ? `${hhmm}:[0-5]\\d(?:\\.\\d+)?` : `${hhmm}(?::[0-5]\\d(?:\\.\\d+)?)?`;
      return regex;
    }
    function datetime(args) {
      const opts = [ "Z" ];
      if (args.offset) opts.push("([+-](?:[01]\\d|2[0-3]):[0-5]\\d)");
      const qualified = `${timeSource({
        precision: args.precision,
        seconds: true
      })}(?:${opts.join("|")})`;
      const timeRegex = args.local ? `${qualified}|${timeSource({
        precision: args.precision
      })}` : qualified;
      return new RegExp(`^${dateSource}T(?:${timeRegex})$`);
    }
    const anyString = /^[\s\S]{0,}$/;
    const number = /^-?\d+(?:\.\d+)?$/;
    const regexes_boolean = /^(?:true|false)$/i;
    const version = {
      major: 4,
      minor: 6,
      patch: 7
    };
    const $ZodType = $constructor("$ZodType", (inst, def) => {
      var _a;
      inst ?? (inst = {});
      inst._zod.def = def;
      inst._zod.bag = inst._zod.bag || {};
      inst._zod.version = version;
      const defChecks = inst._zod.def.checks;
      const checks = inst._zod.traits.has("$ZodCheck") ? [ inst, ...defChecks ?? [] ] : defChecks?.length ? [ ...defChecks ] : [];
      for (const ch of checks) for (const fn of ch._zod.onattach) fn(inst);
      if (checks.length === 0) {
        (_a = inst._zod).deferred ?? (_a.deferred = []);
        inst._zod.deferred?.push(() => {
          inst._zod.run = inst._zod.parse;
        });
      } else {
        const runChecks = (payload, checks, ctx) => {
          if (payload.memo) return payload;
          let isAborted = aborted(payload);
          let asyncResult;
          for (const ch of checks) {
            if (ch._zod.def.when) {
              if (explicitlyAborted(payload)) continue;
              const shouldRun = ch._zod.def.when(payload);
              if (!shouldRun) continue;
            } else if (isAborted) continue;
            const currLen = payload.issues.length;
            const _ = ch._zod.check(payload);
            if (_ instanceof Promise && ctx?.async === false) throw new $ZodAsyncError;
            if (asyncResult || _ instanceof Promise) asyncResult = (asyncResult ?? Promise.resolve()).then(async () => {
              await _;
              const nextLen = payload.issues.length;
              if (nextLen === currLen) return;
              attachSchema(payload.issues, currLen, inst);
              if (!isAborted) isAborted = aborted(payload, currLen);
            }); else {
              const nextLen = payload.issues.length;
              if (nextLen === currLen) continue;
              attachSchema(payload.issues, currLen, inst);
              if (!isAborted) isAborted = aborted(payload, currLen);
            }
          }
          if (asyncResult) return asyncResult.then(() => payload);
          return payload;
        };
        const handleCanaryResult = (canary, payload, ctx) => {
          if (aborted(canary)) {
            canary.aborted = true;
            return canary;
          }
          const checkResult = runChecks(payload, checks, ctx);
          if (checkResult instanceof Promise) {
            if (ctx.async === false) throw new $ZodAsyncError;
            return checkResult.then(checkResult => inst._zod.parse(checkResult, ctx));
          }
          return inst._zod.parse(checkResult, ctx);
        };
        inst._zod.run = (payload, ctx) => {
          if (ctx.skipChecks) return inst._zod.parse(payload, ctx);
          if (ctx.direction === "backward") {
            const canary = inst._zod.parse({
              value: payload.value,
              issues: []
            }, {
              ...ctx,
              skipChecks: true
            });
            if (canary instanceof Promise) return canary.then(canary => handleCanaryResult(canary, payload, ctx));
            return handleCanaryResult(canary, payload, ctx);
          }
          const result = inst._zod.parse(payload, ctx);
          if (result instanceof Promise) {
            if (ctx.async === false) throw new $ZodAsyncError;
            return result.then(result => runChecks(result, checks, ctx));
          }
          return runChecks(result, checks, ctx);
        };
      }
    }, {
      get "~standard"() {
        return hide(this, "~standard", standardProps(this));
      },
      set "~standard"(value) {
        own(this, "~standard", value);
      }
    });
    const toStandardResult = (r, ctx) => r.issues.length ? {
      issues: r.issues.map(iss => finalizeIssue(iss, ctx, config()))
    } : {
      value: r.value
    };
    async function validateAsync(inst, value) {
      const ctx = {
        async: true
      };
      return toStandardResult(await inst._zod.run({
        value: value,
        issues: []
      }, ctx), ctx);
    }
    function standardProps(inst) {
      return {
        validate: value => {
          const ctx = {
            async: false
          };
          try {
            const r = inst._zod.run({
              value: value,
              issues: []
            }, ctx);
            if (!(r instanceof Promise)) return toStandardResult(r, ctx);
          } catch (_) {}
          return validateAsync(inst, value);
        },
        vendor: "zod",
        version: 1
      };
    }
    const $ZodString = $constructor("$ZodString", (inst, def) => {
      $ZodType.init(inst, def);
      inst._zod.pattern = def.pattern ?? anyString;
      inst._zod.parse = (payload, _) => {
        if (def.coerce) try {
          payload.value = String(payload.value);
        } catch (_) {}
        if (typeof payload.value === "string") return payload;
        payload.issues.push({
          expected: "string",
          code: "invalid_type",
          input: payload.value,
          inst: inst
        });
        return payload;
      };
    });
    const $ZodStringFormat = $constructor("$ZodStringFormat", (inst, def) => {
      $ZodCheckStringFormat.init(inst, def);
      $ZodString.init(inst, def);
    });
    const $ZodGUID = $constructor("$ZodGUID", (inst, def) => {
      def.pattern ?? (def.pattern = guid);
      $ZodStringFormat.init(inst, def);
    });
    const $ZodISODateTime = $constructor("$ZodISODateTime", (inst, def) => {
      def.pattern ?? (def.pattern = datetime(def));
      $ZodStringFormat.init(inst, def);
    });
    const $ZodNumber = $constructor("$ZodNumber", (inst, def) => {
      $ZodType.init(inst, def);
      inst._zod.pattern = number;
      inst._zod.parse = (payload, _ctx) => {
        if (def.coerce) try {
          payload.value = Number(payload.value);
        } catch (_) {}
        const input = payload.value;
        if (typeof input === "number" && !Number.isNaN(input) && Number.isFinite(input)) return payload;
        const received = typeof input === "number" ? Number.isNaN(input) ? "NaN" : !Number.isFinite(input) ? String(input) : void 0 : void 0;
        payload.issues.push({
          expected: "number",
          code: "invalid_type",
          input: input,
          inst: inst,
          ...received ? {
            received: received
          } : {}
        });
        return payload;
      };
    });
    const $ZodNumberFormat = $constructor("$ZodNumberFormat", (inst, def) => {
      $ZodCheckNumberFormat.init(inst, def);
      $ZodNumber.init(inst, def);
    });
    const $ZodBoolean = $constructor("$ZodBoolean", (inst, def) => {
      $ZodType.init(inst, def);
      inst._zod.pattern = regexes_boolean;
      inst._zod.parse = (payload, _ctx) => {
        if (def.coerce) try {
          payload.value = Boolean(payload.value);
        } catch (_) {}
        const input = payload.value;
        if (typeof input === "boolean") return payload;
        payload.issues.push({
          expected: "boolean",
          code: "invalid_type",
          input: input,
          inst: inst
        });
        return payload;
      };
    });
    const $ZodUnknown = $constructor("$ZodUnknown", (inst, def) => {
      $ZodType.init(inst, def);
      inst._zod.parse = payload => payload;
    });
    function capSize(inst, size) {
      const caps = sizeCaps(inst._zod.def.checks);
      if (!caps.length) return;
      const cap = Math.min(...caps.map(c => c[0]));
      const parse = inst._zod.parse;
      inst._zod.parse = (payload, ctx) => {
        const n = size(payload.value);
        if (n > cap && !ctx?.skipChecks && ctx?.direction !== "backward") for (const [max, ch] of sizeCaps(inst._zod.def.checks)) if (n > max && ch._zod.def.when(payload)) {
          const start = payload.issues.length;
          ch._zod.check(payload);
          payload.issues[start].continue = false;
          attachSchema(payload.issues, start, inst);
          return payload;
        }
        return parse(payload, ctx);
      };
    }
    const arraySize = input => Array.isArray(input) ? input.length : -1;
    function handleArrayResult(result, final, index) {
      if (result.issues.length) final.issues.push(...prefixIssues(index, result.issues));
      final.value[index] = result.value;
    }
    const $ZodArray = $constructor("$ZodArray", (inst, def) => {
      $ZodType.init(inst, def);
      const memo = core_globalConfig.memoizer;
      memo?.attach(inst);
      inst._zod.parse = (payload, ctx) => {
        const input = payload.value;
        if (!Array.isArray(input)) {
          payload.issues.push({
            expected: "array",
            code: "invalid_type",
            input: input,
            inst: inst
          });
          return payload;
        }
        payload.value = memo ? memo.alloc(inst, payload, Array(input.length), ctx) : Array(input.length);
        const proms = [];
        const abortEarly = ctx?.abortEarly;
        for (let i = 0; i < input.length; i++) {
          const item = input[i];
          const result = def.element._zod.run({
            value: item,
            issues: []
          }, ctx);
          if (result instanceof Promise) proms.push(result.then(result => handleArrayResult(result, payload, i))); else {
            handleArrayResult(result, payload, i);
            if (abortEarly && result.issues.length !== 0 && aborted(result)) break;
          }
        }
        if (proms.length) return Promise.all(proms).then(() => payload);
        return payload;
      };
      capSize(inst, arraySize);
    });
    function handlePropertyResult(result, final, key, input, optin, optout) {
      const isPresent = key in input;
      const isOptionalOut = optout === "optional";
      if (!isPresent && isOptionalOut && optin === "optional") return;
      if (result.issues.length) {
        if (optin !== void 0 && isOptionalOut && !isPresent) return;
        final.issues.push(...prefixIssues(key, result.issues));
      }
      if (!isPresent && optin === void 0) {
        if (!result.issues.length) final.issues.push({
          code: "invalid_type",
          expected: "nonoptional",
          input: void 0,
          path: [ key ]
        });
        return;
      }
      if (result.value === void 0) {
        if (isPresent || optin === "defaulted" && !isOptionalOut) final.value[key] = void 0;
      } else final.value[key] = result.value;
    }
    const NO_SYMBOL_KEYS = [];
    function normalizeDef(def) {
      const keys = Object.keys(def.shape);
      const ownSymbols = Object.getOwnPropertySymbols(def.shape);
      const symbolKeys = ownSymbols.length ? ownSymbols : NO_SYMBOL_KEYS;
      const allKeys = symbolKeys.length ? [ ...keys, ...symbolKeys ] : keys;
      for (const k of allKeys) if (!def.shape?.[k]?._zod?.traits?.has("$ZodType")) throw new Error(`Invalid element at key "${String(k)}": expected a Zod schema`);
      const okeys = optionalKeys(def.shape);
      return {
        ...def,
        allKeys: allKeys,
        symbolKeys: symbolKeys,
        keySet: new Set(keys),
        numKeys: keys.length,
        optionalKeys: new Set(okeys)
      };
    }
    function handleCatchall(proms, input, payload, ctx, def, inst, abortEarly) {
      const unrecognized = [];
      const keySet = def.keySet;
      const _catchall = def.catchall._zod;
      const t = _catchall.def.type;
      const optin = _catchall.optin;
      const optout = _catchall.optout;
      let seen = 0;
      for (const key in input) {
        if (abortEarly && payload.issues.length !== seen) {
          if (aborted(payload, seen)) break;
          seen = payload.issues.length;
        }
        if (keySet.has(key)) continue;
        if (key === "__proto__") {
          if (t === "never") unrecognized.push(key);
          continue;
        }
        if (t === "never") {
          unrecognized.push(key);
          continue;
        }
        const r = _catchall.run({
          value: input[key],
          issues: []
        }, ctx);
        if (r instanceof Promise) proms.push(r.then(r => handlePropertyResult(r, payload, key, input, optin, optout))); else handlePropertyResult(r, payload, key, input, optin, optout);
      }
      if (unrecognized.length) payload.issues.push({
        code: "unrecognized_keys",
        keys: unrecognized,
        input: input,
        inst: inst,
        continue: true
      });
      if (!proms.length) return payload;
      return Promise.all(proms).then(() => payload);
    }
    const $ZodObject = $constructor("$ZodObject", (inst, def) => {
      $ZodType.init(inst, def);
      const desc = Object.getOwnPropertyDescriptor(def, "shape");
      const sh = desc?.get ? desc.get.raw : def.shape ?? {};
      if (sh) {
        const get = () => {
          const newSh = {
            ...sh
          };
          Object.defineProperty(def, "shape", {
            value: newSh
          });
          get.raw = newSh;
          return newSh;
        };
        get.raw = sh;
        Object.defineProperty(def, "shape", {
          get: get
        });
      }
      const _normalized = cached(() => normalizeDef(def));
      defineLazyInternal(inst, "propValues", zod => {
        const shape = zod.def.shape;
        const propValues = {};
        for (const key in shape) {
          const field = shape[key]._zod;
          if (field.values) {
            if (!Object.prototype.hasOwnProperty.call(propValues, key)) assignProp(propValues, key, new Set);
            for (const v of field.values) propValues[key].add(v);
            if (field.optin !== void 0) propValues[key].add(void 0);
          }
        }
        return propValues;
      });
      const isObject = util_isObject;
      const catchall = def.catchall;
      let value;
      const memo = core_globalConfig.memoizer;
      memo?.attach(inst);
      inst._zod.parse = (payload, ctx) => {
        value ?? (value = _normalized.value);
        const input = payload.value;
        if (!isObject(input)) {
          payload.issues.push({
            expected: "object",
            code: "invalid_type",
            input: input,
            inst: inst
          });
          return payload;
        }
        payload.value = memo ? memo.alloc(inst, payload, {}, ctx) : {};
        const proms = [];
        const shape = value.shape;
        const abortEarly = ctx?.abortEarly;
        let seen = payload.issues.length;
        for (const key of value.allKeys) {
          if (abortEarly && payload.issues.length !== seen) {
            if (aborted(payload, seen)) break;
            seen = payload.issues.length;
          }
          if (key === "__proto__") continue;
          const el = shape[key];
          const optin = el._zod.optin;
          const optout = el._zod.optout;
          const r = el._zod.run({
            value: input[key],
            issues: []
          }, ctx);
          if (r instanceof Promise) proms.push(r.then(r => handlePropertyResult(r, payload, key, input, optin, optout))); else handlePropertyResult(r, payload, key, input, optin, optout);
        }
        if (!catchall) return proms.length ? Promise.all(proms).then(() => payload) : payload;
        return handleCatchall(proms, input, payload, ctx, _normalized.value, inst, abortEarly === true);
      };
    });
    function handleUnionResults(results, final, inst, ctx) {
      for (const result of results) if (result.issues.length === 0) {
        final.value = result.value;
        return final;
      }
      const nonaborted = results.filter(r => !aborted(r));
      if (nonaborted.length === 1) {
        final.value = nonaborted[0].value;
        return nonaborted[0];
      }
      final.issues.push({
        code: "invalid_union",
        input: final.value,
        inst: inst,
        errors: results.map(result => result.issues.map(iss => finalizeIssue(iss, ctx, config())))
      });
      return final;
    }
    const $ZodUnion = $constructor("$ZodUnion", (inst, def) => {
      $ZodType.init(inst, def);
      defineLazyInternal(inst, "optin", zod => zod.def.options.some(o => o._zod.optin === "defaulted") ? "defaulted" : zod.def.options.some(o => o._zod.optin !== void 0) ? "optional" : void 0);
      defineLazyInternal(inst, "optout", zod => zod.def.options.some(o => o._zod.optout === "optional") ? "optional" : void 0);
      defineLazyInternal(inst, "values", zod => {
        if (zod.def.options.every(o => o._zod.values)) return new Set(zod.def.options.flatMap(option => Array.from(option._zod.values)));
        return;
      });
      defineLazyInternal(inst, "pattern", zod => {
        if (zod.def.options.every(o => o._zod.pattern)) {
          const patterns = zod.def.options.map(o => o._zod.pattern);
          return new RegExp(`^(${patterns.map(p => cleanRegex(p.source)).join("|")})$`);
        }
        return;
      });
      const first = def.options.length === 1 ? def.options[0]._zod.run : null;
      inst._zod.parse = (payload, ctx) => {
        if (first) return first(payload, ctx);
        let async = false;
        const results = [];
        for (const option of def.options) {
          const result = option._zod.run({
            value: payload.value,
            issues: []
          }, ctx);
          if (result instanceof Promise) {
            results.push(result);
            async = true;
          } else {
            if (result.issues.length === 0) return result;
            results.push(result);
          }
        }
        if (!async) return handleUnionResults(results, payload, inst, ctx);
        return Promise.all(results).then(results => handleUnionResults(results, payload, inst, ctx));
      };
    });
    const $ZodEnum = $constructor("$ZodEnum", (inst, def) => {
      $ZodType.init(inst, def);
      const values = getEnumValues(def.entries);
      const valuesSet = new Set(values);
      inst._zod.values = valuesSet;
      defineLazyInternal(inst, "pattern", zod => {
        const patternValues = getEnumValues(zod.def.entries).filter(k => propertyKeyTypes.has(typeof k));
        return new RegExp(patternValues.length ? `^(${patternValues.map(o => escapeRegex(o.toString())).join("|")})$` : "^[^\\s\\S]$");
      });
      inst._zod.parse = (payload, _ctx) => {
        const input = payload.value;
        if (valuesSet.has(input)) return payload;
        payload.issues.push({
          code: "invalid_value",
          values: values,
          input: input,
          inst: inst
        });
        return payload;
      };
    });
    const $ZodLiteral = $constructor("$ZodLiteral", (inst, def) => {
      $ZodType.init(inst, def);
      const values = new Set(def.values);
      inst._zod.values = values;
      defineLazyInternal(inst, "pattern", zod => {
        const vals = zod.def.values;
        return new RegExp(vals.length ? `^(${vals.map(o => typeof o === "string" ? escapeRegex(o) : o ? escapeRegex(o.toString()) : String(o)).join("|")})$` : "^[^\\s\\S]$");
      });
      inst._zod.parse = (payload, _ctx) => {
        const input = payload.value;
        if (values.has(input)) return payload;
        payload.issues.push({
          code: "invalid_value",
          values: def.values,
          input: input,
          inst: inst
        });
        return payload;
      };
    });
    const $ZodTransform = $constructor("$ZodTransform", (inst, def) => {
      $ZodType.init(inst, def);
      inst._zod.optin = "optional";
      core_globalConfig.memoizer?.guard(inst);
      inst._zod.parse = (payload, ctx) => {
        if (ctx.direction === "backward") throw new $ZodEncodeError(inst.constructor.name);
        const _out = def.transform(payload.value, payload);
        if (ctx.async) {
          const output = _out instanceof Promise ? _out : Promise.resolve(_out);
          return output.then(output => {
            payload.value = output;
            return payload;
          });
        }
        if (_out instanceof Promise) throw new $ZodAsyncError;
        payload.value = _out;
        return payload;
      };
    });
    function handleOptionalResult(payload, result) {
      payload.value = result.issues.length ? void 0 : result.value;
      return payload;
    }
    const $ZodOptional = $constructor("$ZodOptional", (inst, def) => {
      $ZodType.init(inst, def);
      defineLazyInternal(inst, "optin", zod => zod.def.innerType._zod.optin === "defaulted" ? "defaulted" : "optional");
      inst._zod.optout = "optional";
      defineLazyInternal(inst, "values", zod => {
        const values = zod.def.innerType._zod.values;
        return values ? new Set([ ...values, void 0 ]) : void 0;
      });
      defineLazyInternal(inst, "pattern", zod => {
        const pattern = zod.def.innerType._zod.pattern;
        return pattern ? new RegExp(`^(${cleanRegex(pattern.source)})?$`) : void 0;
      });
      inst._zod.parse = (payload, ctx) => {
        if (payload.value === void 0) {
          if (def.innerType._zod.optin !== "defaulted") return payload;
          const result = def.innerType._zod.run({
            value: payload.value,
            issues: []
          }, ctx);
          if (result instanceof Promise) return result.then(result => handleOptionalResult(payload, result));
          return handleOptionalResult(payload, result);
        }
        return def.innerType._zod.run(payload, ctx);
      };
    });
    const $ZodNullable = $constructor("$ZodNullable", (inst, def) => {
      $ZodType.init(inst, def);
      defineLazyInternal(inst, "optin", zod => zod.def.innerType._zod.optin);
      defineLazyInternal(inst, "optout", zod => zod.def.innerType._zod.optout);
      defineLazyInternal(inst, "pattern", zod => {
        const pattern = zod.def.innerType._zod.pattern;
        return pattern ? new RegExp(`^(${cleanRegex(pattern.source)}|null)$`) : void 0;
      });
      defineLazyInternal(inst, "values", zod => zod.def.innerType._zod.values ? new Set([ ...zod.def.innerType._zod.values, null ]) : void 0);
      inst._zod.parse = (payload, ctx) => {
        if (payload.value === null) return payload;
        return def.innerType._zod.run(payload, ctx);
      };
    });
    const $ZodDefault = $constructor("$ZodDefault", (inst, def) => {
      $ZodType.init(inst, def);
      inst._zod.optin = "defaulted";
      defineLazyInternal(inst, "values", zod => zod.def.innerType._zod.values);
      inst._zod.parse = (payload, ctx) => {
        if (ctx.direction === "backward") return def.innerType._zod.run(payload, ctx);
        if (payload.value === void 0) {
          payload.value = def.defaultValue;
          return payload;
        }
        const result = def.innerType._zod.run(payload, ctx);
        if (result instanceof Promise) return result.then(result => handleDefaultResult(result, def));
        return handleDefaultResult(result, def);
      };
    });
    function handleDefaultResult(payload, def) {
      if (payload.value === void 0) payload.value = def.defaultValue;
      return payload;
    }
    const $ZodNonOptional = $constructor("$ZodNonOptional", (inst, def) => {
      $ZodType.init(inst, def);
      defineLazyInternal(inst, "values", zod => {
        const v = zod.def.innerType._zod.values;
        return v ? new Set([ ...v ].filter(x => x !== void 0)) : void 0;
      });
      inst._zod.parse = (payload, ctx) => {
        const result = def.innerType._zod.run(payload, ctx);
        if (result instanceof Promise) return result.then(result => handleNonOptionalResult(result, inst));
        return handleNonOptionalResult(result, inst);
      };
    });
    function handleNonOptionalResult(payload, inst) {
      if (!payload.issues.length && payload.value === void 0) payload.issues.push({
        code: "invalid_type",
        expected: "nonoptional",
        input: payload.value,
        inst: inst
      });
      return payload;
    }
    const $ZodPipe = $constructor("$ZodPipe", (inst, def) => {
      $ZodType.init(inst, def);
      defineLazyInternal(inst, "values", zod => zod.def.in._zod.values);
      defineLazyInternal(inst, "optin", zod => zod.def.in._zod.optin);
      defineLazyInternal(inst, "optout", zod => zod.def.out._zod.optout);
      defineLazyInternal(inst, "propValues", zod => zod.def.in._zod.propValues);
      inst._zod.parse = (payload, ctx) => {
        if (ctx.direction === "backward") {
          const right = def.out._zod.run(payload, ctx);
          if (right instanceof Promise) return right.then(right => handlePipeResult(right, def.in, ctx));
          return handlePipeResult(right, def.in, ctx);
        }
        const left = def.in._zod.run(payload, ctx);
        if (left instanceof Promise) return left.then(left => handlePipeResult(left, def.out, ctx));
        return handlePipeResult(left, def.out, ctx);
      };
    });
    function handlePipeResult(left, next, ctx) {
      if (left.issues.some(iss => iss.code !== "unrecognized_keys")) {
        left.aborted = true;
        return left;
      }
      return next._zod.run({
        value: left.value,
        issues: left.issues
      }, ctx);
    }
    const $ZodCustom = $constructor("$ZodCustom", (inst, def) => {
      $ZodCheck.init(inst, def);
      $ZodType.init(inst, def);
      inst._zod.parse = (payload, _) => payload;
      inst._zod.check = payload => {
        const input = payload.value;
        const r = def.fn(input);
        if (r instanceof Promise) return r.then(r => handleRefineResult(r, payload, input, inst));
        handleRefineResult(r, payload, input, inst);
        return;
      };
    });
    function handleRefineResult(result, payload, input, inst) {
      if (!result) {
        const _iss = {
          code: "custom",
          input: input,
          inst: inst,
          path: [ ...inst._zod.def.path ?? [] ],
          continue: !inst._zod.def.abort
        };
        if (inst._zod.def.params) _iss.params = inst._zod.def.params;
        payload.issues.push(util_issue(_iss));
      }
    }
    var registries_a;
    class $ZodRegistry {
      constructor() {
        this._map = new WeakMap;
        this._idmap = new Map;
      }
      add(schema, ..._meta) {
        const meta = _meta[0];
        this._map.set(schema, meta);
        if (meta && typeof meta === "object" && "id" in meta) this._idmap.set(meta.id, schema);
        return this;
      }
      clear() {
        this._map = new WeakMap;
        this._idmap = new Map;
        return this;
      }
      remove(schema) {
        const meta = this._map.get(schema);
        if (meta && typeof meta === "object" && "id" in meta) this._idmap.delete(meta.id);
        this._map.delete(schema);
        return this;
      }
      get(schema) {
        const p = schema._zod.parent;
        if (p) {
          const pm = {
            ...this.get(p) ?? {}
          };
          delete pm.id;
          const f = {
            ...pm,
            ...this._map.get(schema)
          };
          return Object.keys(f).length ? f : void 0;
        }
        return this._map.get(schema);
      }
      has(schema) {
        return this._map.has(schema);
      }
    }
    function registry() {
      return new $ZodRegistry;
    }
    (registries_a = globalThis).__zod_globalRegistry ?? (registries_a.__zod_globalRegistry = registry());
    globalThis;
    function snapshotChecks(def) {
      if (def.checks) def.checks = [ ...def.checks ];
      return def;
    }
    function _string(Class, params) {
      return new Class(snapshotChecks({
        type: "string",
        ...normalizeParams(params)
      }));
    }
    function _guid(Class, params) {
      return new Class({
        type: "string",
        format: "guid",
        check: "string_format",
        abort: false,
        ...normalizeParams(params)
      });
    }
    function _isoDateTime(Class, params) {
      return new Class({
        type: "string",
        format: "datetime",
        check: "string_format",
        offset: false,
        local: false,
        precision: null,
        ...normalizeParams(params)
      });
    }
    function _number(Class, params) {
      return new Class(snapshotChecks({
        type: "number",
        checks: [],
        ...normalizeParams(params)
      }));
    }
    function _int(Class, params) {
      return new Class({
        type: "number",
        check: "number_format",
        abort: false,
        format: "safeint",
        ...normalizeParams(params)
      });
    }
    function _boolean(Class, params) {
      return new Class({
        type: "boolean",
        ...normalizeParams(params)
      });
    }
    function _unknown(Class) {
      return new Class({
        type: "unknown"
      });
    }
    function _lte(value, params) {
      return new $ZodCheckLessThan({
        check: "less_than",
        ...normalizeParams(params),
        value: value,
        inclusive: true
      });
    }
    function _gt(value, params) {
      return new $ZodCheckGreaterThan({
        check: "greater_than",
        ...normalizeParams(params),
        value: value,
        inclusive: false
      });
    }
    function _gte(value, params) {
      return new $ZodCheckGreaterThan({
        check: "greater_than",
        ...normalizeParams(params),
        value: value,
        inclusive: true
      });
    }
    function _positive(params) {
      return _gt(0, params);
    }
    function _minLength(minimum, params) {
      return new $ZodCheckMinLength({
        check: "min_length",
        ...normalizeParams(params),
        minimum: minimum
      });
    }
    function _regex(pattern, params) {
      return new $ZodCheckRegex({
        check: "string_format",
        format: "regex",
        ...normalizeParams(params),
        pattern: pattern
      });
    }
    function _refine(Class, fn, _params) {
      const schema = new Class({
        type: "custom",
        check: "custom",
        fn: fn,
        ...normalizeParams(_params)
      });
      return schema;
    }
    function _getMessage() {
      const internals = this._zod;
      internals.message ?? (internals.message = JSON.stringify(internals.def, jsonStringifyReplacer, 2));
      return internals.message;
    }
    function _setMessage(value) {
      this._zod.message = value;
    }
    const _messageDesc = {
      get: _getMessage,
      set: _setMessage,
      enumerable: true,
      configurable: true
    };
    const _issuesDesc = {
      value: void 0,
      enumerable: false
    };
    const _installedToString = new WeakSet([ Object.prototype, Error.prototype ]);
    const initializer = (inst, def) => {
      inst.name = "$ZodError";
      _issuesDesc.value = def;
      Object.defineProperty(inst, "issues", _issuesDesc);
      _issuesDesc.value = void 0;
      Object.defineProperty(inst, "message", _messageDesc);
      const proto = Object.getPrototypeOf(inst);
      if (!_installedToString.has(proto)) {
        _installedToString.add(proto);
        Object.defineProperty(proto, "toString", {
          configurable: true,
          enumerable: false,
          get() {
            const value = () => this.message;
            Object.defineProperty(this, "toString", {
              value: value,
              configurable: true,
              writable: true
            });
            return value;
          },
          set(value) {
            Object.defineProperty(this, "toString", {
              value: value,
              configurable: true,
              writable: true
            });
          }
        });
      }
    };
    $constructor("$ZodError", initializer);
    const $ZodRealError = $constructor("$ZodError", initializer, void 0, {
      Parent: Error
    });
    const _parse = _Err => {
      const fn = (schema, value, _ctx, _params) => {
        const ctx = _ctx ? {
          ..._ctx,
          async: false
        } : {
          async: false
        };
        const result = schema._zod.run({
          value: value,
          issues: []
        }, ctx);
        if (result instanceof Promise) throw new $ZodAsyncError;
        if (result.issues.length) {
          const e = new (_params?.Err ?? _Err)(result.issues.map(iss => finalizeIssue(iss, ctx, config())));
          captureStackTrace(e, _params?.callee ?? fn);
          throw e;
        }
        return result.value;
      };
      return fn;
    };
    const parse_parse = _parse($ZodRealError);
    const _parseAsync = _Err => {
      const fn = async (schema, value, _ctx, params) => {
        const ctx = _ctx ? {
          ..._ctx,
          async: true
        } : {
          async: true
        };
        let result = schema._zod.run({
          value: value,
          issues: []
        }, ctx);
        if (result instanceof Promise) result = await result;
        if (result.issues.length) {
          const e = new (params?.Err ?? _Err)(result.issues.map(iss => finalizeIssue(iss, ctx, config())));
          captureStackTrace(e, params?.callee ?? fn);
          throw e;
        }
        return result.value;
      };
      return fn;
    };
    const parse_parseAsync = _parseAsync($ZodRealError);
    const _safeParse = _Err => (schema, value, _ctx) => {
      const ctx = _ctx ? {
        ..._ctx,
        async: false
      } : {
        async: false
      };
      const result = schema._zod.run({
        value: value,
        issues: []
      }, ctx);
      if (result instanceof Promise) throw new $ZodAsyncError;
      return result.issues.length ? failure(_Err, result.issues, ctx) : {
        success: true,
        data: result.value
      };
    };
    const safeParse = _safeParse($ZodRealError);
    function failure(Err, issues, ctx) {
      let error;
      return {
        success: false,
        get error() {
          if (!error) {
            error = new Err(issues.map(iss => finalizeIssue(iss, ctx, config())));
            issues = void 0;
            ctx = void 0;
          }
          return error;
        },
        set error(e) {
          error = e;
          issues = void 0;
          ctx = void 0;
        }
      };
    }
    const _safeParseAsync = _Err => async (schema, value, _ctx) => {
      const ctx = _ctx ? {
        ..._ctx,
        async: true
      } : {
        async: true
      };
      let result = schema._zod.run({
        value: value,
        issues: []
      }, ctx);
      if (result instanceof Promise) result = await result;
      return result.issues.length ? failure(_Err, result.issues, ctx) : {
        success: true,
        data: result.value
      };
    };
    const safeParseAsync = _safeParseAsync($ZodRealError);
    const ZodMiniType = $constructor("ZodMiniType", (inst, def) => {
      if (!inst._zod) throw new Error("Uninitialized schema in ZodMiniType.");
      $ZodType.init(inst, def);
      inst.def = def;
      inst.type = def.type;
    }, {
      get with() {
        return this.check;
      },
      set with(value) {
        own(this, "with", value);
      },
      parse(data, params) {
        return parse_parse(this, data, params, {
          callee: this.parse
        });
      },
      parseAsync(data, params) {
        return parse_parseAsync(this, data, params, {
          callee: this.parseAsync
        });
      },
      safeParse(data, params) {
        return safeParse(this, data, params);
      },
      safeParseAsync(data, params) {
        return safeParseAsync(this, data, params);
      },
      check(...checks) {
        const def = this.def;
        return this.clone({
          ...def,
          checks: [ ...def.checks ?? [], ...checks.map(ch => typeof ch === "function" ? {
            _zod: {
              check: ch,
              def: {
                check: "custom"
              },
              onattach: []
            }
          } : ch) ]
        }, {
          parent: true
        });
      },
      clone(_def, params) {
        return clone(this, _def, params);
      },
      brand() {
        return this;
      },
      register(reg, meta) {
        reg.add(this, meta);
        return this;
      },
      apply(fn, ...args) {
        return args.length === 0 ? fn(this) : fn(this, ...args);
      }
    });
    const ZodMiniString = $constructor("ZodMiniString", (inst, def) => {
      $ZodString.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    function schemas_string(params) {
      return _string(ZodMiniString, params);
    }
    const ZodMiniStringFormat = $constructor("ZodMiniStringFormat", (inst, def) => {
      $ZodStringFormat.init(inst, def);
      ZodMiniString.init(inst, def);
    });
    const ZodMiniGUID = $constructor("ZodMiniGUID", (inst, def) => {
      $ZodGUID.init(inst, def);
      ZodMiniStringFormat.init(inst, def);
    });
    function schemas_guid(params) {
      return _guid(ZodMiniGUID, params);
    }
    const ZodMiniNumber = $constructor("ZodMiniNumber", (inst, def) => {
      $ZodNumber.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    function schemas_number(params) {
      return _number(ZodMiniNumber, params);
    }
    const ZodMiniNumberFormat = $constructor("ZodMiniNumberFormat", (inst, def) => {
      $ZodNumberFormat.init(inst, def);
      ZodMiniNumber.init(inst, def);
    });
    function schemas_int(params) {
      return _int(ZodMiniNumberFormat, params);
    }
    const ZodMiniBoolean = $constructor("ZodMiniBoolean", (inst, def) => {
      $ZodBoolean.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    function schemas_boolean(params) {
      return _boolean(ZodMiniBoolean, params);
    }
    const ZodMiniUnknown = $constructor("ZodMiniUnknown", (inst, def) => {
      $ZodUnknown.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    function unknown() {
      return _unknown(ZodMiniUnknown);
    }
    const ZodMiniArray = $constructor("ZodMiniArray", (inst, def) => {
      $ZodArray.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    function array(element, params) {
      return new ZodMiniArray({
        type: "array",
        element: element,
        ...normalizeParams(params)
      });
    }
    const ZodMiniObject = $constructor("ZodMiniObject", (inst, def) => {
      $ZodObject.init(inst, def);
      ZodMiniType.init(inst, def);
      installLazyProp(inst, "shape", self => self._zod.def.shape, false);
    });
    function object(shape, params) {
      const def = {
        type: "object",
        shape: shape ?? {},
        ...normalizeParams(params)
      };
      return new ZodMiniObject(def);
    }
    function looseObject(shape, params) {
      return new ZodMiniObject({
        type: "object",
        shape: shape,
        catchall: unknown(),
        ...normalizeParams(params)
      });
    }
    const ZodMiniUnion = $constructor("ZodMiniUnion", (inst, def) => {
      $ZodUnion.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    function union(options, params) {
      return new ZodMiniUnion({
        type: "union",
        options: options,
        ...normalizeParams(params)
      });
    }
    const ZodMiniEnum = $constructor("ZodMiniEnum", (inst, def) => {
      $ZodEnum.init(inst, def);
      ZodMiniType.init(inst, def);
      inst.options = [ ...inst._zod.values ];
    });
    function schemas_enum(values, params) {
      const entries = Array.isArray(values) ? Object.fromEntries(values.map(v => [ v, v ])) : values;
      return new ZodMiniEnum({
        type: "enum",
        entries: entries,
        ...normalizeParams(params)
      });
    }
    const ZodMiniLiteral = $constructor("ZodMiniLiteral", (inst, def) => {
      $ZodLiteral.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    function literal(value, params) {
      return new ZodMiniLiteral({
        type: "literal",
        values: Array.isArray(value) ? value : [ value ],
        ...normalizeParams(params)
      });
    }
    const ZodMiniTransform = $constructor("ZodMiniTransform", (inst, def) => {
      $ZodTransform.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    function transform(fn) {
      return new ZodMiniTransform({
        type: "transform",
        transform: fn
      });
    }
    const ZodMiniOptional = $constructor("ZodMiniOptional", (inst, def) => {
      $ZodOptional.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    function optional(innerType) {
      return new ZodMiniOptional({
        type: "optional",
        innerType: innerType
      });
    }
    const ZodMiniNullable = $constructor("ZodMiniNullable", (inst, def) => {
      $ZodNullable.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    function nullable(innerType) {
      return new ZodMiniNullable({
        type: "nullable",
        innerType: innerType
      });
    }
    const ZodMiniDefault = $constructor("ZodMiniDefault", (inst, def) => {
      $ZodDefault.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    function schemas_default(innerType, defaultValue) {
      return new ZodMiniDefault({
        type: "default",
        innerType: innerType,
        get defaultValue() {
          return typeof defaultValue === "function" ? defaultValue() : shallowClone(defaultValue);
        }
      });
    }
    const ZodMiniNonOptional = $constructor("ZodMiniNonOptional", (inst, def) => {
      $ZodNonOptional.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    function nonoptional(innerType, params) {
      return new ZodMiniNonOptional({
        type: "nonoptional",
        innerType: innerType,
        ...normalizeParams(params)
      });
    }
    const ZodMiniPipe = $constructor("ZodMiniPipe", (inst, def) => {
      $ZodPipe.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    function pipe(in_, out) {
      return new ZodMiniPipe({
        type: "pipe",
        in: in_,
        out: out
      });
    }
    const ZodMiniCustom = $constructor("ZodMiniCustom", (inst, def) => {
      $ZodCustom.init(inst, def);
      ZodMiniType.init(inst, def);
    });
    function refine(fn, _params = {}) {
      return _refine(ZodMiniCustom, fn, _params);
    }
    const ZodMiniISODateTime = $constructor("ZodMiniISODateTime", (inst, def) => {
      $ZodISODateTime.init(inst, def);
      ZodMiniStringFormat.init(inst, def);
    });
    function iso_datetime(params) {
      return _isoDateTime(ZodMiniISODateTime, params);
    }
    const systemClock = {
      now: () => Number(process.hrtime.bigint()) / 1e6,
      after: (ms, act) => {
        const timer = setTimeout(act, ms);
        return () => clearTimeout(timer);
      }
    };
    function sleep(clock, ms, signal) {
      return new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const wake = () => {
          release();
          reject(signal.reason);
        };
        const release = clock.after(ms, () => {
          signal.removeEventListener("abort", wake);
          resolve();
        });
        signal.addEventListener("abort", wake, {
          once: true
        });
      });
    }
    function tellSeconds(ms) {
      return `${(ms / 1e3).toFixed(1)} s`;
    }
    function parseJson(text) {
      try {
        return JSON.parse(text);
      } catch {
        return;
      }
    }
    class OpenRouterError extends Error {
      name="OpenRouterError";
      facts;
      constructor(facts, options) {
        super(`could not ${facts.doing}: ${linesOf(facts).join("; ")}`, options);
        this.facts = facts;
      }
      with(more) {
        return new OpenRouterError({
          ...this.facts,
          ...more
        }, {
          cause: this.cause
        });
      }
      withNotes(...lines) {
        return this.with({
          notes: [ ...this.facts.notes ?? [], ...lines ]
        });
      }
    }
    function whatHappened(facts) {
      const {method: method, path: path, noResponse: noResponse, reason: reason, serverMessage: serverMessage} = facts;
      const where = noResponse ? ` at ${noResponse.host}, after ${tellSeconds(noResponse.elapsedMs)}` : "";
      return `${method} ${path}${where}: ${reason}${serverMessage ? `: ${serverMessage}` : ""}`;
    }
    function linesOf(facts) {
      return [ whatHappened(facts), ...facts.notes ?? [] ];
    }
    const MAX_ERROR_TEXT = 16384;
    function messageIn(body) {
      const json = parseJson(body);
      if (json === void 0) return textOfHtml(body.slice(0, MAX_ERROR_TEXT)) || void 0;
      return textAt(json, "error", "message") ?? textAt(json, "message") ?? textAt(json, "error");
    }
    function textAt(value, ...path) {
      const found = path.reduce((at, key) => typeof at === "object" && at !== null ? Reflect.get(at, key) : void 0, value);
      return typeof found === "string" && found !== "" ? found : void 0;
    }
    function textOfHtml(html) {
      return html.replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, " ").replace(/<[^<>]*>/g, " ").replace(/\s+/g, " ").trim();
    }
    const PAGE_SIZE = 100;
    function listPages(client, {query: query, answer: shape, idOf: idOf, ...call}) {
      const read = async offset => {
        const {answer: answer, serverTime: serverTime} = await client.request({
          ...call,
          method: "GET",
          path: `${call.path}?${new URLSearchParams({
            offset: String(offset),
            ...query
          })}`,
          answer: shape
        });
        return {
          items: answer.data,
          total: answer.total_count,
          serverTime: serverTime
        };
      };
      return readPages({
        ...call,
        read: read,
        idOf: idOf
      });
    }
    async function* readPages(list) {
      const {read: read, idOf: idOf} = list;
      const seen = new Set;
      let idle = 0;
      for (let offset = 0; ;) {
        const page = await read(offset);
        const fresh = unseen(page.items, idOf, seen);
        const isGap = offset > 0 && !page.items.some(item => seen.has(idOf(item)));
        if (isGap) {
          offset = Math.max(0, offset - PAGE_SIZE + 1);
          continue;
        }
        for (const item of fresh) seen.add(idOf(item));
        if (fresh.length > 0 || offset === 0) yield {
          ...page,
          items: fresh
        };
        idle = fresh.length > 0 ? 0 : idle + 1;
        const reached = offset + page.items.length;
        const isShort = page.items.length < PAGE_SIZE;
        if (page.total === void 0 ? isShort : reached >= page.total) return;
        if (idle > (isShort ? 0 : MAX_IDLE)) throw unreadable(list, seen.size);
        offset = reached - 1;
      }
    }
    const MAX_IDLE = 20;
    function unseen(items, idOf, seen) {
      const byId = new Map(items.map(item => [ idOf(item), item ]));
      return [ ...byId ].filter(([id]) => !seen.has(id)).map(([, item]) => item);
    }
    function unreadable({doing: doing, path: path}, read) {
      const reason = `the list ended after ${read} entries, though there should be more`;
      const verdict = {
        again: false,
        mayHaveLanded: false
      };
      return new OpenRouterError({
        doing: doing,
        method: "GET",
        path: path,
        reason: reason,
        attempts: 1,
        ...verdict
      });
    }
    async function collect(pages) {
      const read = [];
      for await (const page of pages) read.push(page);
      return read;
    }
    async function allOf(pages) {
      const read = await collect(pages);
      return read.flatMap(({items: items}) => items);
    }
    function workspaces_text(min, max) {
      const accepted = min > 0 ? `${min} to ${max} characters` : `at most ${max} characters`;
      const length = value => [ ...value ].length;
      return schemas_string(`must be ${accepted}`).check(refine(value => length(value) >= min && length(value) <= max, {
        error: ({input: input}) => `must be ${accepted}, and has ${length(String(input))}`
      }));
    }
    const flag = optional(schemas_boolean("must be true or false"));
    const MODEL = "must be a model, as author/model";
    const modelSlug = schemas_string(MODEL).check(_regex(/^[^\s/]+\/[^\s/]+$/, MODEL));
    const model = optional(nullable(modelSlug));
    const SLUG_MAX_LENGTH = 50;
    const anySlug = workspaces_text(1, SLUG_MAX_LENGTH).check(_regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, "must be lower-case letters and digits, in groups joined by single hyphens"));
    const slug = anySlug.check(refine(value => value !== "default", "must not be default, which every account has already"), refine(value => !isUuid(value), 'must not look like a UUID, because the API takes "id or slug" in one place'));
    const workspaces_uuid = schemas_guid();
    function isUuid(text) {
      return safeParse(workspaces_uuid, text).success;
    }
    function isIdOrSlug(text) {
      return isUuid(text) || safeParse(anySlug, text).success;
    }
    const TOOL = "must be the name of a tool, without blanks or quotes";
    const PROVIDER_SORTS = [ "price", "throughput", "latency", "exacto" ];
    const createWorkspaceRequest = object({
      name: workspaces_text(1, 100),
      slug: slug,
      description: optional(nullable(workspaces_text(0, 500))),
      default_text_model: model,
      default_image_model: model,
      default_provider_sort: optional(nullable(schemas_enum(PROVIDER_SORTS, `must be ${PROVIDER_SORTS.join(", ")} or "null"`))),
      io_logging_api_key_ids: optional(nullable(array(schemas_int("must be a whole number"), "must be a list of whole numbers: one per line, separated by commas, or a JSON array"))),
      io_logging_sampling_rate: optional(schemas_number("must be a number from 0.0001 to 1").check(_gte(1e-4, "must be a number from 0.0001 to 1"), _lte(1, "must be a number from 0.0001 to 1"))),
      is_data_discount_logging_enabled: flag,
      is_observability_broadcast_enabled: flag,
      is_observability_io_logging_enabled: flag,
      disabled_server_tools: optional(nullable(array(schemas_string(TOOL).check(_regex(/^[^\s"']+$/, TOOL)), "must be a list of names: one per line, separated by commas, or a JSON array")))
    });
    const WORKSPACE_FIELDS = Object.keys(createWorkspaceRequest.shape);
    const workspace = looseObject({
      id: schemas_string().check(_minLength(1)),
      slug: schemas_string(),
      name: schemas_string()
    });
    const timestamp = iso_datetime({
      offset: true
    });
    function createdAt(thing) {
      const {data: data} = safeParse(timestamp, thing["created_at"]);
      return data === void 0 ? void 0 : Date.parse(data);
    }
    function isOf(idOrSlug, {id: id, slug: slug}) {
      return isUuid(idOrSlug) ? id.toLowerCase() === idOrSlug.toLowerCase() : slug === idOrSlug;
    }
    const workspaceOf = idOrSlug => object({
      data: workspace.check(refine(found => isOf(idOrSlug, found), {
        error: ({input: input}) => {
          const {slug: slug, id: id} = input;
          return `it was the workspace ${JSON.stringify(slug)}, id ${id}`;
        }
      }))
    });
    async function postWorkspace(client, body, attempt) {
      const {answer: answer} = await client.request({
        doing: `create the workspace ${body.slug}`,
        leaves: `a workspace with the slug ${body.slug}`,
        method: "POST",
        path: "/workspaces",
        body: body,
        answer: workspaceOf(body.slug),
        attempt: attempt
      });
      return answer.data;
    }
    async function findWorkspace(client, idOrSlug) {
      const {answer: answer, ...when} = await client.request({
        doing: `look for the workspace ${idOrSlug}`,
        method: "GET",
        path: `/workspaces/${encodeURIComponent(idOrSlug)}`,
        answer: workspaceOf(idOrSlug),
        absent: {
          data: void 0
        }
      });
      return {
        workspace: answer.data,
        ...when
      };
    }
    const workspaceList = object({
      data: array(workspace),
      total_count: schemas_number()
    });
    function listWorkspaces(client) {
      return listPages(client, {
        doing: "list the workspaces",
        path: "/workspaces",
        query: {
          limit: String(PAGE_SIZE)
        },
        answer: workspaceList,
        idOf: ({id: id}) => id
      });
    }
    async function patchWorkspace(client, {id: id, slug: slug}, changes) {
      const {answer: answer} = await client.request({
        doing: `update the workspace ${slug}`,
        leaves: `the new values in the workspace ${slug}`,
        method: "PATCH",
        path: `/workspaces/${encodeURIComponent(id)}`,
        body: changes,
        answer: workspaceOf(slug)
      });
      return answer.data;
    }
    async function deleteWorkspace(client, {id: id, slug: slug}) {
      const {answer: answer} = await client.request({
        doing: `delete the workspace ${slug}`,
        leaves: `the workspace ${slug}, which may be there still`,
        method: "DELETE",
        path: `/workspaces/${encodeURIComponent(id)}`,
        answer: object({
          deleted: literal(true)
        }),
        absent: {
          deleted: false
        }
      });
      return answer.deleted;
    }
    function dashboardUrl(slug) {
      return `https://openrouter.ai/workspaces/${slug}`;
    }
    const IF_EXISTS = [ "fail", "reuse", "update" ];
    const NOTHING_WRITTEN = "This is a dry run: nothing was written.";
    const external_node_net_namespaceObject = require("node:net");
    const LIKELY_SECRET = /sk(?:-|%2D)or(?:-|%2D)[\w%-]{16,}/gi;
    const BEARER_TOKEN = /^[\w.~+/-]+=*$/;
    const MIN_KEY_LENGTH = 16;
    const UNITS = {
      s: 1e3,
      m: 6e4,
      h: 36e5,
      d: 864e5
    };
    function parseDuration(text) {
      const unit = UNITS[text.slice(-1)];
      const count = text.slice(0, -1);
      return unit !== void 0 && /^\d+$/.test(count) ? Number(count) * unit : void 0;
    }
    const SHAPE = "a duration such as 90s, 15m, 48h or 14d";
    function duration_duration(bounds) {
      return pipe(schemas_string(`must be ${SHAPE}`), transform((text, context) => read(text, context, {
        bounds: bounds
      })));
    }
    function durationOrNever(bounds) {
      const or = ", or never";
      return pipe(schemas_string(`must be ${SHAPE}${or}`), transform((text, context) => text === "never" ? null : read(text, context, {
        bounds: bounds,
        or: or
      })));
    }
    function read(text, context, {bounds: bounds, or: or = ""}) {
      const ms = parseDuration(text);
      if (ms !== void 0 && ms >= toMs(bounds.min) && ms <= toMs(bounds.max)) return ms;
      const message = ms === void 0 ? shortcoming(text) : `must be from ${bounds.min} to ${bounds.max}`;
      context.issues.push({
        code: "custom",
        message: message + or,
        input: text
      });
      return NEVER;
    }
    function shortcoming(text) {
      const wrong = /^\d+$/.test(text) ? "is a number without a unit, and must be" : "must be";
      return `${wrong} ${SHAPE}`;
    }
    function toMs(text) {
      return parseDuration(text) ?? Number.NaN;
    }
    const DEFAULT_API_URL = "https://openrouter.ai/api/v1";
    const connection = {
      management_key: schemas_string({
        error: () => missingKey(process.env)
      }).check(_regex(BEARER_TOKEN, 'must be the key alone: no blanks, no line breaks, no quotes, no "Bearer"'), _minLength(MIN_KEY_LENGTH, "is too short to be a key")),
      api_url: schemas_default(pipe(schemas_string(), transform(toApiUrl)), DEFAULT_API_URL),
      timeout: timeout("60s")
    };
    function timeout(preset) {
      return schemas_default(duration_duration({
        min: "1s",
        max: "24h"
      }), toMs(preset));
    }
    function missingKey(env) {
      const [event, actor] = [ env["GITHUB_EVENT_NAME"], env["GITHUB_ACTOR"] ];
      if (actor === "dependabot[bot]") return "is empty: this run was started by Dependabot, whose runs see Dependabot's secrets and not those of Actions; store the key there too, or skip this step";
      const causes = "there is no secret of the name that the workflow gives (in the repository, the organization or the environment that the job names), or a reusable workflow was called without it";
      return event?.startsWith("pull_request") && event !== "pull_request_target" ? `is empty: this run was started by ${event}, and pull requests from forks get no secrets; otherwise ${causes}` : `is empty: ${causes}`;
    }
    function refuse(context, input, message) {
      context.issues.push({
        code: "custom",
        message: message,
        input: input
      });
      return NEVER;
    }
    function toApiUrl(text, context) {
      const url = URL.canParse(text) ? new URL(text) : void 0;
      if (!url?.hostname) return refuse(context, text, `must be a URL such as ${DEFAULT_API_URL}`);
      if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) return refuse(context, text, "must begin with https, because the key goes there");
      if (url.username || url.password) return refuse(context, text, "must not hold a user or password");
      if (/[?#]/.test(text)) return refuse(context, text, "must end with its path: no ? and no #");
      return url.href.replace(/\/+$/, "");
    }
    function isLoopback(hostname) {
      const isAddress = (0, external_node_net_namespaceObject.isIPv4)(hostname) && hostname.startsWith("127.");
      return isAddress || hostname === "localhost" || hostname === "[::1]";
    }
    const flag_flag = (preset = false) => schemas_default(schemas_boolean("must be true or false"), preset);
    const INTERVALS = [ "daily", "weekly", "monthly", "lifetime" ];
    const NEEDS_ENTERPRISE = "Most likely, this account has no budgets: those of a workspace need the Enterprise plan of OpenRouter. A limit for each key and member needs none: see guardrail-limit-usd.";
    const budget = object({
      limit_usd: schemas_number(),
      reset_interval: nullable(schemas_string())
    });
    const budgets_flag = optional(schemas_boolean());
    async function listBudgets(client, {id: id, slug: slug}) {
      const {answer: answer} = await client.request({
        doing: `list the budgets of the workspace ${slug}`,
        method: "GET",
        path: `/workspaces/${encodeURIComponent(id)}/budgets`,
        answer: object({
          data: array(budget),
          include_byok_in_budgets: budgets_flag
        }),
        absent: {
          data: []
        },
        hint: NEEDS_ENTERPRISE
      });
      const budgets = answer.data.map(({limit_usd: limit_usd, reset_interval: reset_interval}) => [ reset_interval ?? "lifetime", limit_usd ]);
      return {
        budgets: Object.fromEntries(budgets),
        include_byok_in_budgets: answer.include_byok_in_budgets
      };
    }
    async function writeBudget(client, {id: id, slug: slug}, {interval: interval, limit_usd: limit_usd, ...flags}) {
      const common = {
        path: `/workspaces/${encodeURIComponent(id)}/budgets/${interval}`,
        hint: NEEDS_ENTERPRISE
      };
      if (limit_usd === null) {
        await client.request({
          ...common,
          doing: `delete the ${interval} budget of the workspace ${slug}`,
          method: "DELETE",
          answer: object({
            deleted: literal(true)
          }),
          absent: {
            deleted: true
          }
        });
        return {
          interval: interval,
          limit_usd: limit_usd
        };
      }
      const {answer: answer} = await client.request({
        ...common,
        doing: `set the ${interval} budget of the workspace ${slug}`,
        method: "PUT",
        body: {
          limit_usd: limit_usd,
          ...flags
        },
        answer: object({
          data: budget,
          include_byok_in_budgets: budgets_flag
        })
      });
      return {
        interval: answer.data.reset_interval ?? "lifetime",
        limit_usd: answer.data.limit_usd,
        ..."include_byok_in_budgets" in flags && {
          include_byok_in_budgets: answer.include_byok_in_budgets ?? flags.include_byok_in_budgets
        }
      };
    }
    const RESET_INTERVALS = [ "daily", "weekly", "monthly" ];
    const ZDR_FIELDS = [ "enforce_zdr_anthropic", "enforce_zdr_google", "enforce_zdr_openai", "enforce_zdr_other", "enforce_zdr_xai" ];
    const guardrailOf = id => object({
      data: looseObject({
        id: optional(schemas_string())
      }).check(refine(data => (data.id ?? id) === id, "it was another guardrail"))
    });
    const NO_GUARDRAIL = "OpenRouter does not let this management key change the guardrail of the workspace, or does not know it.";
    async function findGuardrail(client, {id: id, workspace: workspace}) {
      const {answer: found} = await client.request({
        doing: `look for the guardrail of the workspace ${workspace.slug}`,
        method: "GET",
        path: `/guardrails/${encodeURIComponent(id)}`,
        answer: guardrailOf(id),
        absent: {
          data: void 0
        }
      });
      return found.data;
    }
    async function patchGuardrail(client, {id: id, workspace: workspace}, update) {
      const {answer: updated} = await client.request({
        doing: `set the guardrail of the workspace ${workspace.slug}`,
        method: "PATCH",
        path: `/guardrails/${encodeURIComponent(id)}`,
        body: update,
        answer: guardrailOf(id),
        hint: NO_GUARDRAIL
      });
      return updated.data;
    }
    const entries = (what, entry) => {
      const message = `must be a list of ${what}: one per line, separated by commas, or a JSON array`;
      return optional(nullable(array(entry, message).check(_minLength(1, `${message}; "null" lifts the restriction`))));
    };
    const models = entries("models", modelSlug);
    const PROVIDER = "must be a provider, without blanks and slashes";
    const providers = entries("providers", schemas_string(PROVIDER).check(_regex(/^[^\s/]+$/, PROVIDER)));
    const USD = 'must be an amount in USD above 0, or "null"';
    const amount = optional(nullable(schemas_number(USD).check(_gt(0, USD))));
    const governance_flag = optional(schemas_boolean("must be true or false"));
    const INTERVAL = `must be ${RESET_INTERVALS.join(", ")} or "null"`;
    const governanceInputs = {
      allowed_models: models,
      ignored_models: models,
      allowed_providers: providers,
      ignored_providers: providers,
      enforce_zdr: governance_flag,
      guardrail_limit_usd: amount,
      guardrail_limit_reset: optional(nullable(schemas_enum(RESET_INTERVALS, INTERVAL))),
      budget_daily_usd: amount,
      budget_weekly_usd: amount,
      budget_monthly_usd: amount,
      budget_lifetime_usd: amount,
      include_byok_in_budgets: governance_flag,
      members: optional(array(schemas_string("must be an id or e-mail address").check(_regex(/^\S+$/, "must be without blanks")), "must be a list of user ids or e-mail addresses"))
    };
    function governanceProblems(read, given) {
      return [ ...listProblems(read), ...limitProblems(read, given), ...orderProblems(read), ...flagProblems(read, given) ];
    }
    function listProblems(read) {
      return [ "models", "providers" ].flatMap(kind => {
        const allowed = read[`allowed_${kind}`] ?? [];
        const both = (read[`ignored_${kind}`] ?? []).filter(entry => allowed.includes(entry));
        const message = `has what allowed-${kind} has too: ${both.join(", ")}`;
        return both.length > 0 ? [ {
          input: `ignored-${kind}`,
          message: message
        } ] : [];
      });
    }
    function limitProblems(read, given) {
      const {guardrail_limit_usd: limit, guardrail_limit_reset: reset} = read;
      if (typeof limit === "number" && (reset === null || !given.has("guardrail_limit_reset"))) {
        const message = `needs guardrail-limit-reset: ${RESET_INTERVALS.join(", ")}`;
        return [ {
          input: "guardrail-limit-usd",
          message: message
        } ];
      }
      const isLifted = limit === null && reset !== null;
      if (reset !== void 0 && (isLifted || !given.has("guardrail_limit_usd"))) return [ {
        input: "guardrail-limit-reset",
        message: "needs guardrail-limit-usd"
      } ];
      return [];
    }
    function orderProblems(read) {
      const set = INTERVALS.flatMap(interval => {
        const limit = read[`budget_${interval}_usd`];
        return typeof limit === "number" ? [ {
          input: `budget-${interval}-usd`,
          limit: limit
        } ] : [];
      });
      return set.flatMap(({input: input, limit: limit}, at) => {
        const narrower = set[at - 1];
        if (!narrower || limit > narrower.limit) return [];
        const message = `must be more than ${narrower.input}, which is ${narrower.limit}`;
        return [ {
          input: input,
          message: message,
          given: String(limit)
        } ];
      });
    }
    function flagProblems(read, given) {
      const isBudget = interval => given.has(`budget_${interval}_usd`) && read[`budget_${interval}_usd`] !== null;
      if (read.include_byok_in_budgets === void 0 || INTERVALS.some(isBudget)) return [];
      const message = "needs one of the budgets, because OpenRouter sets it with one";
      return [ {
        input: "include-byok-in-budgets",
        message: message
      } ];
    }
    function toGovernance(read) {
      const guardrail = toGuardrail(read);
      const limits = Object.fromEntries(INTERVALS.map(interval => [ interval, read[`budget_${interval}_usd`] ]).filter(([, limit]) => limit !== void 0));
      const {include_byok_in_budgets: include_byok_in_budgets, members: members} = read;
      return {
        ...Object.keys(guardrail).length > 0 && {
          guardrail: guardrail
        },
        ...Object.keys(limits).length > 0 && {
          budgets: {
            limits: limits,
            include_byok_in_budgets: include_byok_in_budgets
          }
        },
        ...members !== void 0 && members.length > 0 && {
          members: members
        }
      };
    }
    const LISTS = [ "allowed_models", "ignored_models", "allowed_providers", "ignored_providers" ];
    function toGuardrail(read) {
      const lists = LISTS.filter(field => read[field] !== void 0);
      const {enforce_zdr: enforce_zdr, guardrail_limit_usd: limit, guardrail_limit_reset: reset = null} = read;
      return {
        ...Object.fromEntries(lists.map(field => [ field, read[field] ])),
        ...enforce_zdr !== void 0 && Object.fromEntries(ZDR_FIELDS.map(field => [ field, enforce_zdr ])),
        ...limit !== void 0 && {
          limit_usd: limit,
          reset_interval: reset
        }
      };
    }
    const external_os_namespaceObject = require("os");
    function utils_toCommandValue(input) {
      if (input === null || input === void 0) return ""; else if (typeof input === "string" || input instanceof String) return input;
      return JSON.stringify(input);
    }
    function utils_toCommandProperties(annotationProperties) {
      if (!Object.keys(annotationProperties).length) return {};
      return {
        title: annotationProperties.title,
        file: annotationProperties.file,
        line: annotationProperties.startLine,
        endLine: annotationProperties.endLine,
        col: annotationProperties.startColumn,
        endColumn: annotationProperties.endColumn
      };
    }
    function command_issueCommand(command, properties, message) {
      const cmd = new Command(command, properties, message);
      process.stdout.write(cmd.toString() + external_os_namespaceObject.EOL);
    }
    const CMD_STRING = "::";
    class Command {
      constructor(command, properties, message) {
        if (!command) command = "missing.command";
        this.command = command;
        this.properties = properties;
        this.message = message;
      }
      toString() {
        let cmdStr = CMD_STRING + this.command;
        if (this.properties && Object.keys(this.properties).length > 0) {
          cmdStr += " ";
          let first = true;
          for (const key in this.properties) if (this.properties.hasOwnProperty(key)) {
            const val = this.properties[key];
            if (val) {
              if (first) first = false; else cmdStr += ",";
              cmdStr += `${key}=${escapeProperty(val)}`;
            }
          }
        }
        cmdStr += `${CMD_STRING}${escapeData(this.message)}`;
        return cmdStr;
      }
    }
    function escapeData(s) {
      return utils_toCommandValue(s).replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
    }
    function escapeProperty(s) {
      return utils_toCommandValue(s).replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A").replace(/:/g, "%3A").replace(/,/g, "%2C");
    }
    const external_crypto_namespaceObject = require("crypto");
    const external_fs_namespaceObject = require("fs");
    function file_command_issueFileCommand(command, message) {
      const filePath = process.env[`GITHUB_${command}`];
      if (!filePath) throw new Error(`Unable to find environment variable for file command ${command}`);
      if (!external_fs_namespaceObject.existsSync(filePath)) throw new Error(`Missing file at path: ${filePath}`);
      external_fs_namespaceObject.appendFileSync(filePath, `${utils_toCommandValue(message)}${external_os_namespaceObject.EOL}`, {
        encoding: "utf8"
      });
    }
    function file_command_prepareKeyValueMessage(key, value) {
      const delimiter = `ghadelimiter_${external_crypto_namespaceObject.randomUUID()}`;
      const convertedValue = utils_toCommandValue(value);
      if (key.includes(delimiter)) throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter}"`);
      if (convertedValue.includes(delimiter)) throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter}"`);
      return `${key}<<${delimiter}${external_os_namespaceObject.EOL}${convertedValue}${external_os_namespaceObject.EOL}${delimiter}`;
    }
    var external_http_ = __nccwpck_require__(611);
    var external_http_namespaceObject = __nccwpck_require__.t(external_http_, 2);
    var external_https_ = __nccwpck_require__(692);
    var external_https_namespaceObject = __nccwpck_require__.t(external_https_, 2);
    function getProxyUrl(reqUrl) {
      const usingSsl = reqUrl.protocol === "https:";
      if (checkBypass(reqUrl)) return;
      const proxyVar = (() => {
        if (usingSsl) return process.env["https_proxy"] || process.env["HTTPS_PROXY"]; else return process.env["http_proxy"] || process.env["HTTP_PROXY"];
      })();
      if (proxyVar) try {
        return new DecodedURL(proxyVar);
      } catch (_a) {
        if (!proxyVar.startsWith("http://") && !proxyVar.startsWith("https://")) return new DecodedURL(`http://${proxyVar}`);
      } else return;
    }
    function checkBypass(reqUrl) {
      if (!reqUrl.hostname) return false;
      const reqHost = reqUrl.hostname;
      if (isLoopbackAddress(reqHost)) return true;
      const noProxy = process.env["no_proxy"] || process.env["NO_PROXY"] || "";
      if (!noProxy) return false;
      let reqPort;
      if (reqUrl.port) reqPort = Number(reqUrl.port); else if (reqUrl.protocol === "http:") reqPort = 80; else if (reqUrl.protocol === "https:") reqPort = 443;
      const upperReqHosts = [ reqUrl.hostname.toUpperCase() ];
      if (typeof reqPort === "number") upperReqHosts.push(`${upperReqHosts[0]}:${reqPort}`);
      for (const upperNoProxyItem of noProxy.split(",").map(x => x.trim().toUpperCase()).filter(x => x)) if (upperNoProxyItem === "*" || upperReqHosts.some(x => x === upperNoProxyItem || x.endsWith(`.${upperNoProxyItem}`) || upperNoProxyItem.startsWith(".") && x.endsWith(`${upperNoProxyItem}`))) return true;
      return false;
    }
    function isLoopbackAddress(host) {
      const hostLower = host.toLowerCase();
      return hostLower === "localhost" || hostLower.startsWith("127.") || hostLower.startsWith("[::1]") || hostLower.startsWith("[0:0:0:0:0:0:0:1]");
    }
    class DecodedURL extends URL {
      constructor(url, base) {
        super(url, base);
        this._decodedUsername = decodeURIComponent(super.username);
        this._decodedPassword = decodeURIComponent(super.password);
      }
      get username() {
        return this._decodedUsername;
      }
      get password() {
        return this._decodedPassword;
      }
    }
    var tunnel = __nccwpck_require__(770);
    class ProxyAgent {
      constructor() {
        throw new Error("undici is left out of this build: use HttpClient.request, not getAgentDispatcher");
      }
    }
    var __awaiter = function(thisArg, _arguments, P, generator) {
      function adopt(value) {
        return value instanceof P ? value : new P(function(resolve) {
          resolve(value);
        });
      }
      return new (P || (P = Promise))(function(resolve, reject) {
        function fulfilled(value) {
          try {
            step(generator.next(value));
          } catch (e) {
            reject(e);
          }
        }
        function rejected(value) {
          try {
            step(generator["throw"](value));
          } catch (e) {
            reject(e);
          }
        }
        function step(result) {
          result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected);
        }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
      });
    };
    var HttpCodes;
    (function(HttpCodes) {
      HttpCodes[HttpCodes["OK"] = 200] = "OK";
      HttpCodes[HttpCodes["MultipleChoices"] = 300] = "MultipleChoices";
      HttpCodes[HttpCodes["MovedPermanently"] = 301] = "MovedPermanently";
      HttpCodes[HttpCodes["ResourceMoved"] = 302] = "ResourceMoved";
      HttpCodes[HttpCodes["SeeOther"] = 303] = "SeeOther";
      HttpCodes[HttpCodes["NotModified"] = 304] = "NotModified";
      HttpCodes[HttpCodes["UseProxy"] = 305] = "UseProxy";
      HttpCodes[HttpCodes["SwitchProxy"] = 306] = "SwitchProxy";
      HttpCodes[HttpCodes["TemporaryRedirect"] = 307] = "TemporaryRedirect";
      HttpCodes[HttpCodes["PermanentRedirect"] = 308] = "PermanentRedirect";
      HttpCodes[HttpCodes["BadRequest"] = 400] = "BadRequest";
      HttpCodes[HttpCodes["Unauthorized"] = 401] = "Unauthorized";
      HttpCodes[HttpCodes["PaymentRequired"] = 402] = "PaymentRequired";
      HttpCodes[HttpCodes["Forbidden"] = 403] = "Forbidden";
      HttpCodes[HttpCodes["NotFound"] = 404] = "NotFound";
      HttpCodes[HttpCodes["MethodNotAllowed"] = 405] = "MethodNotAllowed";
      HttpCodes[HttpCodes["NotAcceptable"] = 406] = "NotAcceptable";
      HttpCodes[HttpCodes["ProxyAuthenticationRequired"] = 407] = "ProxyAuthenticationRequired";
      HttpCodes[HttpCodes["RequestTimeout"] = 408] = "RequestTimeout";
      HttpCodes[HttpCodes["Conflict"] = 409] = "Conflict";
      HttpCodes[HttpCodes["Gone"] = 410] = "Gone";
      HttpCodes[HttpCodes["TooManyRequests"] = 429] = "TooManyRequests";
      HttpCodes[HttpCodes["InternalServerError"] = 500] = "InternalServerError";
      HttpCodes[HttpCodes["NotImplemented"] = 501] = "NotImplemented";
      HttpCodes[HttpCodes["BadGateway"] = 502] = "BadGateway";
      HttpCodes[HttpCodes["ServiceUnavailable"] = 503] = "ServiceUnavailable";
      HttpCodes[HttpCodes["GatewayTimeout"] = 504] = "GatewayTimeout";
    })(HttpCodes || (HttpCodes = {}));
    var Headers;
    (function(Headers) {
      Headers["Accept"] = "accept";
      Headers["ContentType"] = "content-type";
    })(Headers || (Headers = {}));
    var MediaTypes;
    (function(MediaTypes) {
      MediaTypes["ApplicationJson"] = "application/json";
    })(MediaTypes || (MediaTypes = {}));
    function lib_getProxyUrl(serverUrl) {
      const proxyUrl = getProxyUrl(new URL(serverUrl));
      return proxyUrl ? proxyUrl.href : "";
    }
    const HttpRedirectCodes = [ HttpCodes.MovedPermanently, HttpCodes.ResourceMoved, HttpCodes.SeeOther, HttpCodes.TemporaryRedirect, HttpCodes.PermanentRedirect ];
    const HttpResponseRetryCodes = [ HttpCodes.BadGateway, HttpCodes.ServiceUnavailable, HttpCodes.GatewayTimeout ];
    const RetryableHttpVerbs = [ "OPTIONS", "GET", "DELETE", "HEAD" ];
    const ExponentialBackoffCeiling = 10;
    const ExponentialBackoffTimeSlice = 5;
    class HttpClientError extends Error {
      constructor(message, statusCode) {
        super(message);
        this.name = "HttpClientError";
        this.statusCode = statusCode;
        Object.setPrototypeOf(this, HttpClientError.prototype);
      }
    }
    class HttpClientResponse {
      constructor(message) {
        this.message = message;
      }
      readBody() {
        return __awaiter(this, void 0, void 0, function*() {
          return new Promise(resolve => __awaiter(this, void 0, void 0, function*() {
            let output = Buffer.alloc(0);
            this.message.on("data", chunk => {
              output = Buffer.concat([ output, chunk ]);
            });
            this.message.on("end", () => {
              resolve(output.toString());
            });
          }));
        });
      }
      readBodyBuffer() {
        return __awaiter(this, void 0, void 0, function*() {
          return new Promise(resolve => __awaiter(this, void 0, void 0, function*() {
            const chunks = [];
            this.message.on("data", chunk => {
              chunks.push(chunk);
            });
            this.message.on("end", () => {
              resolve(Buffer.concat(chunks));
            });
          }));
        });
      }
    }
    class lib_HttpClient {
      constructor(userAgent, handlers, requestOptions) {
        this._ignoreSslError = false;
        this._allowRedirects = true;
        this._allowRedirectDowngrade = false;
        this._maxRedirects = 50;
        this._allowRetries = false;
        this._maxRetries = 1;
        this._keepAlive = false;
        this._disposed = false;
        this.userAgent = this._getUserAgentWithOrchestrationId(userAgent);
        this.handlers = handlers || [];
        this.requestOptions = requestOptions;
        if (requestOptions) {
          if (requestOptions.ignoreSslError != null) this._ignoreSslError = requestOptions.ignoreSslError;
          this._socketTimeout = requestOptions.socketTimeout;
          if (requestOptions.allowRedirects != null) this._allowRedirects = requestOptions.allowRedirects;
          if (requestOptions.allowRedirectDowngrade != null) this._allowRedirectDowngrade = requestOptions.allowRedirectDowngrade;
          if (requestOptions.maxRedirects != null) this._maxRedirects = Math.max(requestOptions.maxRedirects, 0);
          if (requestOptions.keepAlive != null) this._keepAlive = requestOptions.keepAlive;
          if (requestOptions.allowRetries != null) this._allowRetries = requestOptions.allowRetries;
          if (requestOptions.maxRetries != null) this._maxRetries = requestOptions.maxRetries;
        }
      }
      options(requestUrl, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function*() {
          return this.request("OPTIONS", requestUrl, null, additionalHeaders || {});
        });
      }
      get(requestUrl, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function*() {
          return this.request("GET", requestUrl, null, additionalHeaders || {});
        });
      }
      del(requestUrl, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function*() {
          return this.request("DELETE", requestUrl, null, additionalHeaders || {});
        });
      }
      post(requestUrl, data, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function*() {
          return this.request("POST", requestUrl, data, additionalHeaders || {});
        });
      }
      patch(requestUrl, data, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function*() {
          return this.request("PATCH", requestUrl, data, additionalHeaders || {});
        });
      }
      put(requestUrl, data, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function*() {
          return this.request("PUT", requestUrl, data, additionalHeaders || {});
        });
      }
      head(requestUrl, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function*() {
          return this.request("HEAD", requestUrl, null, additionalHeaders || {});
        });
      }
      sendStream(verb, requestUrl, stream, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function*() {
          return this.request(verb, requestUrl, stream, additionalHeaders);
        });
      }
      getJson(requestUrl_1) {
        return __awaiter(this, arguments, void 0, function*(requestUrl, additionalHeaders = {}) {
          additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
          const res = yield this.get(requestUrl, additionalHeaders);
          return this._processResponse(res, this.requestOptions);
        });
      }
      postJson(requestUrl_1, obj_1) {
        return __awaiter(this, arguments, void 0, function*(requestUrl, obj, additionalHeaders = {}) {
          const data = JSON.stringify(obj, null, 2);
          additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
          additionalHeaders[Headers.ContentType] = this._getExistingOrDefaultContentTypeHeader(additionalHeaders, MediaTypes.ApplicationJson);
          const res = yield this.post(requestUrl, data, additionalHeaders);
          return this._processResponse(res, this.requestOptions);
        });
      }
      putJson(requestUrl_1, obj_1) {
        return __awaiter(this, arguments, void 0, function*(requestUrl, obj, additionalHeaders = {}) {
          const data = JSON.stringify(obj, null, 2);
          additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
          additionalHeaders[Headers.ContentType] = this._getExistingOrDefaultContentTypeHeader(additionalHeaders, MediaTypes.ApplicationJson);
          const res = yield this.put(requestUrl, data, additionalHeaders);
          return this._processResponse(res, this.requestOptions);
        });
      }
      patchJson(requestUrl_1, obj_1) {
        return __awaiter(this, arguments, void 0, function*(requestUrl, obj, additionalHeaders = {}) {
          const data = JSON.stringify(obj, null, 2);
          additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
          additionalHeaders[Headers.ContentType] = this._getExistingOrDefaultContentTypeHeader(additionalHeaders, MediaTypes.ApplicationJson);
          const res = yield this.patch(requestUrl, data, additionalHeaders);
          return this._processResponse(res, this.requestOptions);
        });
      }
      request(verb, requestUrl, data, headers) {
        return __awaiter(this, void 0, void 0, function*() {
          if (this._disposed) throw new Error("Client has already been disposed.");
          const parsedUrl = new URL(requestUrl);
          let info = this._prepareRequest(verb, parsedUrl, headers);
          const maxTries = this._allowRetries && RetryableHttpVerbs.includes(verb) ? this._maxRetries + 1 : 1;
          let numTries = 0;
          let response;
          do {
            response = yield this.requestRaw(info, data);
            if (response && response.message && response.message.statusCode === HttpCodes.Unauthorized) {
              let authenticationHandler;
              for (const handler of this.handlers) if (handler.canHandleAuthentication(response)) {
                authenticationHandler = handler;
                break;
              }
              if (authenticationHandler) return authenticationHandler.handleAuthentication(this, info, data); else return response;
            }
            let redirectsRemaining = this._maxRedirects;
            while (response.message.statusCode && HttpRedirectCodes.includes(response.message.statusCode) && this._allowRedirects && redirectsRemaining > 0) {
              const redirectUrl = response.message.headers["location"];
              if (!redirectUrl) break;
              const parsedRedirectUrl = new URL(redirectUrl);
              if (parsedUrl.protocol === "https:" && parsedUrl.protocol !== parsedRedirectUrl.protocol && !this._allowRedirectDowngrade) throw new Error("Redirect from HTTPS to HTTP protocol. This downgrade is not allowed for security reasons. If you want to allow this behavior, set the allowRedirectDowngrade option to true.");
              yield response.readBody();
              if (parsedRedirectUrl.hostname !== parsedUrl.hostname) for (const header in headers) if (header.toLowerCase() === "authorization") delete headers[header];
              info = this._prepareRequest(verb, parsedRedirectUrl, headers);
              response = yield this.requestRaw(info, data);
              redirectsRemaining--;
            }
            if (!response.message.statusCode || !HttpResponseRetryCodes.includes(response.message.statusCode)) return response;
            numTries += 1;
            if (numTries < maxTries) {
              yield response.readBody();
              yield this._performExponentialBackoff(numTries);
            }
          } while (numTries < maxTries);
          return response;
        });
      }
      dispose() {
        if (this._agent) this._agent.destroy();
        this._disposed = true;
      }
      requestRaw(info, data) {
        return __awaiter(this, void 0, void 0, function*() {
          return new Promise((resolve, reject) => {
            function callbackForResult(err, res) {
              if (err) reject(err); else if (!res) reject(new Error("Unknown error")); else resolve(res);
            }
            this.requestRawWithCallback(info, data, callbackForResult);
          });
        });
      }
      requestRawWithCallback(info, data, onResult) {
        if (typeof data === "string") {
          if (!info.options.headers) info.options.headers = {};
          info.options.headers["Content-Length"] = Buffer.byteLength(data, "utf8");
        }
        let callbackCalled = false;
        function handleResult(err, res) {
          if (!callbackCalled) {
            callbackCalled = true;
            onResult(err, res);
          }
        }
        const req = info.httpModule.request(info.options, msg => {
          const res = new HttpClientResponse(msg);
          handleResult(void 0, res);
        });
        let socket;
        req.on("socket", sock => {
          socket = sock;
        });
        req.setTimeout(this._socketTimeout || 18e4, () => {
          if (socket) socket.end();
          handleResult(new Error(`Request timeout: ${info.options.path}`));
        });
        req.on("error", function(err) {
          handleResult(err);
        });
        if (data && typeof data === "string") req.write(data, "utf8");
        if (data && typeof data !== "string") {
          data.on("close", function() {
            req.end();
          });
          data.pipe(req);
        } else req.end();
      }
      getAgent(serverUrl) {
        const parsedUrl = new URL(serverUrl);
        return this._getAgent(parsedUrl);
      }
      getAgentDispatcher(serverUrl) {
        const parsedUrl = new URL(serverUrl);
        const proxyUrl = getProxyUrl(parsedUrl);
        const useProxy = proxyUrl && proxyUrl.hostname;
        if (!useProxy) return;
        return this._getProxyAgentDispatcher(parsedUrl, proxyUrl);
      }
      _prepareRequest(method, requestUrl, headers) {
        const info = {};
        info.parsedUrl = requestUrl;
        const usingSsl = info.parsedUrl.protocol === "https:";
        info.httpModule = usingSsl ? external_https_namespaceObject : external_http_namespaceObject;
        const defaultPort = usingSsl ? 443 : 80;
        info.options = {};
        info.options.host = info.parsedUrl.hostname;
        info.options.port = info.parsedUrl.port ? parseInt(info.parsedUrl.port) : defaultPort;
        info.options.path = (info.parsedUrl.pathname || "") + (info.parsedUrl.search || "");
        info.options.method = method;
        info.options.headers = this._mergeHeaders(headers);
        if (this.userAgent != null) info.options.headers["user-agent"] = this.userAgent;
        info.options.agent = this._getAgent(info.parsedUrl);
        if (this.handlers) for (const handler of this.handlers) handler.prepareRequest(info.options);
        return info;
      }
      _mergeHeaders(headers) {
        if (this.requestOptions && this.requestOptions.headers) return Object.assign({}, lowercaseKeys(this.requestOptions.headers), lowercaseKeys(headers || {}));
        return lowercaseKeys(headers || {});
      }
      _getExistingOrDefaultHeader(additionalHeaders, header, _default) {
        let clientHeader;
        if (this.requestOptions && this.requestOptions.headers) {
          const headerValue = lowercaseKeys(this.requestOptions.headers)[header];
          if (headerValue) clientHeader = typeof headerValue === "number" ? headerValue.toString() : headerValue;
        }
        const additionalValue = additionalHeaders[header];
        if (additionalValue !== void 0) return typeof additionalValue === "number" ? additionalValue.toString() : additionalValue;
        if (clientHeader !== void 0) return clientHeader;
        return _default;
      }
      _getExistingOrDefaultContentTypeHeader(additionalHeaders, _default) {
        let clientHeader;
        if (this.requestOptions && this.requestOptions.headers) {
          const headerValue = lowercaseKeys(this.requestOptions.headers)[Headers.ContentType];
          if (headerValue) if (typeof headerValue === "number") clientHeader = String(headerValue); else if (Array.isArray(headerValue)) clientHeader = headerValue.join(", "); else clientHeader = headerValue;
        }
        const additionalValue = additionalHeaders[Headers.ContentType];
        if (additionalValue !== void 0) if (typeof additionalValue === "number") return String(additionalValue); else if (Array.isArray(additionalValue)) return additionalValue.join(", "); else return additionalValue;
        if (clientHeader !== void 0) return clientHeader;
        return _default;
      }
      _getAgent(parsedUrl) {
        let agent;
        const proxyUrl = getProxyUrl(parsedUrl);
        const useProxy = proxyUrl && proxyUrl.hostname;
        if (this._keepAlive && useProxy) agent = this._proxyAgent;
        if (!useProxy) agent = this._agent;
        if (agent) return agent;
        const usingSsl = parsedUrl.protocol === "https:";
        let maxSockets = 100;
        if (this.requestOptions) maxSockets = this.requestOptions.maxSockets || external_http_.globalAgent.maxSockets;
        if (proxyUrl && proxyUrl.hostname) {
          const agentOptions = {
            maxSockets: maxSockets,
            keepAlive: this._keepAlive,
            proxy: Object.assign(Object.assign({}, (proxyUrl.username || proxyUrl.password) && {
              proxyAuth: `${proxyUrl.username}:${proxyUrl.password}`
            }), {
              host: proxyUrl.hostname,
              port: proxyUrl.port
            })
          };
          let tunnelAgent;
          const overHttps = proxyUrl.protocol === "https:";
          if (usingSsl) tunnelAgent = overHttps ? tunnel.httpsOverHttps : tunnel.httpsOverHttp; else tunnelAgent = overHttps ? tunnel.httpOverHttps : tunnel.httpOverHttp;
          agent = tunnelAgent(agentOptions);
          this._proxyAgent = agent;
        }
        if (!agent) {
          const options = {
            keepAlive: this._keepAlive,
            maxSockets: maxSockets
          };
          agent = usingSsl ? new external_https_.Agent(options) : new external_http_.Agent(options);
          this._agent = agent;
        }
        if (usingSsl && this._ignoreSslError) agent.options = Object.assign(agent.options || {}, {
          rejectUnauthorized: false
        });
        return agent;
      }
      _getProxyAgentDispatcher(parsedUrl, proxyUrl) {
        let proxyAgent;
        if (this._keepAlive) proxyAgent = this._proxyAgentDispatcher;
        if (proxyAgent) return proxyAgent;
        const usingSsl = parsedUrl.protocol === "https:";
        proxyAgent = new ProxyAgent(Object.assign({
          uri: proxyUrl.href,
          pipelining: !this._keepAlive ? 0 : 1
        }, (proxyUrl.username || proxyUrl.password) && {
          token: `Basic ${Buffer.from(`${proxyUrl.username}:${proxyUrl.password}`).toString("base64")}`
        }));
        this._proxyAgentDispatcher = proxyAgent;
        if (usingSsl && this._ignoreSslError) proxyAgent.options = Object.assign(proxyAgent.options.requestTls || {}, {
          rejectUnauthorized: false
        });
        return proxyAgent;
      }
      _getUserAgentWithOrchestrationId(userAgent) {
        const baseUserAgent = userAgent || "actions/http-client";
        const orchId = process.env["ACTIONS_ORCHESTRATION_ID"];
        if (orchId) {
          const sanitizedId = orchId.replace(/[^a-z0-9_.-]/gi, "_");
          return `${baseUserAgent} actions_orchestration_id/${sanitizedId}`;
        }
        return baseUserAgent;
      }
      _performExponentialBackoff(retryNumber) {
        return __awaiter(this, void 0, void 0, function*() {
          retryNumber = Math.min(ExponentialBackoffCeiling, retryNumber);
          const ms = ExponentialBackoffTimeSlice * Math.pow(2, retryNumber);
          return new Promise(resolve => setTimeout(() => resolve(), ms));
        });
      }
      _processResponse(res, options) {
        return __awaiter(this, void 0, void 0, function*() {
          return new Promise((resolve, reject) => __awaiter(this, void 0, void 0, function*() {
            const statusCode = res.message.statusCode || 0;
            const response = {
              statusCode: statusCode,
              result: null,
              headers: {}
            };
            if (statusCode === HttpCodes.NotFound) resolve(response);
            function dateTimeDeserializer(key, value) {
              if (typeof value === "string") {
                const a = new Date(value);
                if (!isNaN(a.valueOf())) return a;
              }
              return value;
            }
            let obj;
            let contents;
            try {
              contents = yield res.readBody();
              if (contents && contents.length > 0) {
                if (options && options.deserializeDates) obj = JSON.parse(contents, dateTimeDeserializer); else obj = JSON.parse(contents);
                response.result = obj;
              }
              response.headers = res.message.headers;
            } catch (err) {}
            if (statusCode > 299) {
              let msg;
              if (obj && obj.message) msg = obj.message; else if (contents && contents.length > 0) msg = contents; else msg = `Failed request: (${statusCode})`;
              const err = new HttpClientError(msg, statusCode);
              err.result = response.result;
              reject(err);
            } else resolve(response);
          }));
        });
      }
    }
    const lowercaseKeys = obj => Object.keys(obj).reduce((c, k) => (c[k.toLowerCase()] = obj[k], 
    c), {});
    process;
    process;
    external_os_namespaceObject.platform();
    external_os_namespaceObject.arch();
    var ExitCode;
    (function(ExitCode) {
      ExitCode[ExitCode["Success"] = 0] = "Success";
      ExitCode[ExitCode["Failure"] = 1] = "Failure";
    })(ExitCode || (ExitCode = {}));
    function core_setSecret(secret) {
      command_issueCommand("add-mask", {}, secret);
    }
    function getInput(name, options) {
      const val = process.env[`INPUT_${name.replace(/ /g, "_").toUpperCase()}`] || "";
      if (options && options.required && !val) throw new Error(`Input required and not supplied: ${name}`);
      if (options && options.trimWhitespace === false) return val;
      return val.trim();
    }
    function setOutput(name, value) {
      const filePath = process.env["GITHUB_OUTPUT"] || "";
      if (filePath) return file_command_issueFileCommand("OUTPUT", file_command_prepareKeyValueMessage(name, value));
      process.stdout.write(external_os_namespaceObject.EOL);
      command_issueCommand("set-output", {
        name: name
      }, utils_toCommandValue(value));
    }
    function core_debug(message) {
      command_issueCommand("debug", {}, message);
    }
    function core_error(message, properties = {}) {
      command_issueCommand("error", utils_toCommandProperties(properties), message instanceof Error ? message.toString() : message);
    }
    function warning(message, properties = {}) {
      command_issueCommand("warning", utils_toCommandProperties(properties), message instanceof Error ? message.toString() : message);
    }
    function info(message) {
      process.stdout.write(message + external_os_namespaceObject.EOL);
    }
    function saveState(name, value) {
      const filePath = process.env["GITHUB_STATE"] || "";
      if (filePath) return file_command_issueFileCommand("STATE", file_command_prepareKeyValueMessage(name, value));
      command_issueCommand("save-state", {
        name: name
      }, utils_toCommandValue(value));
    }
    function getState(name) {
      return process.env[`STATE_${name}`] || "";
    }
    const GAPS = [ [ /[-_]$/, "at its end" ], [ /^[-_]/, "at its beginning" ], [ /[-_]{2}/, "in its middle" ] ];
    const NUMBERS = {
      pull_request_review: "github.event.pull_request.number",
      pull_request_review_comment: "github.event.pull_request.number",
      issue_comment: "github.event.issue.number",
      issues: "github.event.issue.number"
    };
    function emptyExpression(text, env) {
      const [, where] = GAPS.find(([gap]) => gap.test(text)) ?? [];
      return where && `the expression ${where} was probably empty${emptyOn(env["GITHUB_EVENT_NAME"])}`;
    }
    function emptyOn(event = "") {
      if ([ "", "pull_request", "pull_request_target" ].includes(event)) return "";
      const number = NUMBERS[event];
      const fields = [ "github.event.number", "github.event.pull_request.number", "github.head_ref" ].filter(field => field !== number);
      const empty = `${fields.slice(0, -1).join(", ")} and ${fields.at(-1)} are empty`;
      return `: on ${event}, ${empty}${number ? `; use ${number}` : ""}`;
    }
    const BOOLEANS = new Map([ ...[ "true", "True", "TRUE" ].map(word => [ word, true ]), ...[ "false", "False", "FALSE" ].map(word => [ word, false ]) ]);
    function fromText(schema, text) {
      const {def: def} = schema._zod;
      switch (def.type) {
       case "optional":
       case "default":
        return fromText(def.innerType, text);

       case "nullable":
        return text === "null" ? null : fromText(def.innerType, text);

       case "boolean":
        return BOOLEANS.get(text) ?? text;

       case "number":
        return jsonOr(text, value => typeof value === "number");

       case "array":
        return listFromText(def.element, text);

       default:
        return text;
      }
    }
    function listFromText(element, text) {
      if (text.startsWith("[")) return jsonOr(text, Array.isArray);
      const entries = text.split(/[\r\n,]/).map(entry => entry.trim()).filter(entry => entry !== "");
      return entries.length > 0 ? entries.map(entry => fromText(element, entry)) : text;
    }
    function jsonOr(text, accepts) {
      const value = parseJson(text);
      return accepts(value) ? value : text;
    }
    class Failure extends Error {
      name="Failure";
      title;
      lines;
      table;
      constructor(title, lines, table) {
        super(lines.join("\n"));
        this.title = title;
        this.lines = lines;
        this.table = table;
      }
    }
    function orFailWith(line, act) {
      try {
        act();
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        throw new Failure(error.title, [ ...error.lines, line ], error.table);
      }
    }
    function orWarn({warning: warning}, act) {
      try {
        act();
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        warning(error.title, error.lines);
      }
    }
    function someOf(lines, most = 20) {
      const rest = lines.length - most;
      return [ ...lines.slice(0, most), ...rest > 0 ? [ `… and ${rest} more` ] : [] ];
    }
    function refusal(problems) {
      const inputs = new Set(problems.map(({input: input}) => input)).size;
      const count = inputs === 1 ? "One input" : `${inputs} inputs`;
      return new Failure(`${count} cannot be used`, [ ...problems.map(lineOf), "Nothing was sent to OpenRouter." ]);
    }
    const MAX_GIVEN = 100;
    function lineOf({input: input, entries: entries = [], message: message, given: given, cause: cause, instead: instead}) {
      const written = given && `given: ${JSON.stringify(shortened(given))}`;
      const meant = instead && `try: ${instead}`;
      return [ `${input}${entriesIn(entries)} ${message}`, written, cause, meant ].filter(Boolean).join("; ");
    }
    function shortened(text) {
      const characters = [ ...text ];
      return characters.length > MAX_GIVEN ? `${characters.slice(0, MAX_GIVEN).join("")}…` : text;
    }
    function entriesIn(entries) {
      return entries.length > 0 ? ` (entry ${entries.join(", ")})` : "";
    }
    function proxyProblems(env) {
      const {name: name, value: value} = proxyVariable(env);
      if (!value || isProxyUrl(value)) return [];
      const message = "must be the URL of a proxy, such as http://proxy.example:3128, and not with an address of IPv6";
      return [ {
        input: `${name} (environment variable)`,
        message: message
      } ];
    }
    function proxyPasswords(env) {
      const {password: password = ""} = toUrl(proxyVariable(env).value) ?? {};
      return [ password, decoded(password) ?? "" ];
    }
    function proxyVariable(env) {
      const name = env["https_proxy"] ? "https_proxy" : "HTTPS_PROXY";
      return {
        name: name,
        value: env[name] ?? ""
      };
    }
    function isProxyUrl(text) {
      const url = toUrl(text) ?? toUrl(text.includes("://") ? "" : `http://${text}`);
      if (url === void 0 || ![ "http:", "https:" ].includes(url.protocol)) return false;
      return !url.hostname.startsWith("[") && decoded(url.username + url.password) !== void 0;
    }
    function toUrl(text) {
      return URL.canParse(text) ? new URL(text) : void 0;
    }
    function decoded(text) {
      try {
        return decodeURIComponent(text);
      } catch {
        return;
      }
    }
    const suggest_BOOLEANS = {
      yes: "true",
      y: "true",
      on: "true",
      no: "false",
      n: "false",
      off: "false"
    };
    const READINGS = {
      boolean: text => [ text.toLowerCase(), suggest_BOOLEANS[text.toLowerCase()] ],
      enum: text => [ text.toLowerCase() ],
      slug: text => [ toSlug(text) ],
      api_url: text => [ text.replace(/^http:(?=\/\/[^/])/i, "https:"), withScheme(text) ],
      timeout: text => [ toDuration(text) ],
      older_than: text => [ toDuration(text) ],
      expires_in: text => [ toDuration(text) ],
      number: text => [ text.replace(/^(?:\$|USD) *| *(?:\$|USD)$/gi, "") ],
      workspace: text => [ slugOfPage(text) ]
    };
    function suggest(key, schema, text) {
      const read = READINGS[key] ?? READINGS[kindOf(schema)];
      const found = read?.(text).find(reading => reading !== void 0 && reading !== text && safeParse(schema, fromText(schema, reading)).success);
      return found === "null" ? '"null"' : found;
    }
    function withScheme(text) {
      return /^[\w-]+(?:\.[\w-]+)+(?:[:/]|$)/.test(text) ? `https://${text}` : void 0;
    }
    function toDuration(text) {
      return text.endsWith("M") ? void 0 : text.toLowerCase().replace(/^(\d+) +/, "$1");
    }
    function slugOfPage(text) {
      const page = dashboardUrl("");
      return text.startsWith(page) ? text.slice(page.length) : void 0;
    }
    function kindOf(schema) {
      const {def: def} = schema._zod;
      return "innerType" in def ? kindOf(def.innerType) : def.type;
    }
    function toSlug(text) {
      return text.normalize("NFKD").replace(/\p{Mark}/gu, "").toLowerCase().replace(/[^\p{Letter}\p{Number}]/gu, "-");
    }
    function readInputs(schema, between = () => []) {
      const texts = new Map(Object.keys(schema.shape).map(key => [ key, getInput(inputName(key)) ]).filter(([, text]) => text !== ""));
      const values = Object.fromEntries([ ...texts ].map(([key, text]) => [ key, fromText(fieldOf(schema, key), text) ]));
      const read = safeParse(schema, values);
      const problems = [ ...read.error ? problemsOf(schema, texts, read.error) : [], ...between(right(schema, values), new Set(texts.keys())), ...proxyProblems(process.env) ];
      if (!read.success || problems.length > 0) throw refusal(problems);
      return read.data;
    }
    function right(schema, values) {
      return Object.fromEntries(Object.entries(values).flatMap(([key, value]) => {
        const read = safeParse(fieldOf(schema, key), value);
        return read.success ? [ [ key, read.data ] ] : [];
      }));
    }
    function inputName(field) {
      return field.replaceAll("_", "-");
    }
    const MAY_NAME_SLUG = new Set([ "slug", "workspace" ]);
    function problemsOf(schema, texts, error) {
      const groups = new Map;
      for (const issue of error.issues) {
        const name = `${String(issue.path[0])} ${issue.message}`;
        const group = groups.get(name) ?? [];
        group.push(issue);
        groups.set(name, group);
      }
      return [ ...groups.values() ].map(issues => {
        const [first] = issues;
        const key = String(first.path[0]);
        const text = texts.get(key);
        const entries = issues.flatMap(({path: path}) => typeof path[1] === "number" ? path[1] + 1 : []);
        if (text === void 0) return {
          input: inputName(key),
          message: `is required, and ${first.message}`
        };
        const cause = MAY_NAME_SLUG.has(key) ? emptyExpression(text, process.env) : void 0;
        const problem = {
          input: inputName(key),
          entries: entries,
          message: first.message,
          cause: cause
        };
        const instead = suggest(key, fieldOf(schema, key), text);
        return isSecret(key, texts) ? problem : {
          ...problem,
          given: text,
          instead: instead
        };
      });
    }
    function isSecret(key, texts) {
      const text = texts.get(key) ?? "";
      const managementKey = texts.get("management_key");
      return managementKey !== void 0 && text.includes(managementKey) || key === "api_url" && text.includes("@");
    }
    function fieldOf(schema, key) {
      return schema.shape[key];
    }
    const createInputs = object({
      management_key: connection.management_key,
      ...createWorkspaceRequest.shape,
      ...governanceInputs,
      if_exists: schemas_default(schemas_enum(IF_EXISTS, "must be fail, reuse or update"), "fail"),
      dry_run: flag_flag(),
      delete_after_job: flag_flag(),
      delete_keys: flag_flag(),
      api_url: connection.api_url,
      timeout: connection.timeout
    });
    function createProblems(read, given) {
      const {delete_keys: deleteKeys, delete_after_job: deleteAfterJob} = read;
      const isOff = deleteAfterJob === false || !given.has("delete_after_job");
      const problem = {
        input: "delete-keys",
        message: "needs delete-after-job: true"
      };
      return [ ...governanceProblems(read, given), ...deleteKeys === true && isOff ? [ problem ] : [] ];
    }
    function readCreateInputs() {
      const read = readInputs(createInputs, createProblems);
      const fields = Object.keys(createWorkspaceRequest.shape);
      const asked = Object.fromEntries(Object.entries(read).filter(([key]) => fields.includes(key)));
      const isGiven = key => key in read;
      return {
        managementKey: read.management_key,
        apiUrl: read.api_url,
        timeoutMs: read.timeout,
        asked: asked,
        governance: toGovernance(read),
        governanceInputs: Object.keys(governanceInputs).filter(isGiven).map(inputName),
        ifExists: read.if_exists,
        dryRun: read.dry_run,
        deleteAfterJob: read.delete_after_job,
        deleteKeys: read.delete_keys
      };
    }
    const external_node_util_namespaceObject = require("node:util");
    function budgetsAfter(budgets, limits) {
      const merged = {
        ...budgets,
        ...limits
      };
      return Object.fromEntries(Object.entries(merged).filter(([, limit]) => limit !== null));
    }
    function disorderIn(budgets) {
      const set = INTERVALS.filter(interval => budgets[interval] !== void 0);
      const at = set.findIndex((interval, index) => {
        const narrower = set[index - 1];
        return narrower !== void 0 && (budgets[interval] ?? 0) <= (budgets[narrower] ?? 0);
      });
      return at < 0 ? void 0 : [ set[at - 1], set[at] ];
    }
    function budgetWrites(budgets, wanted) {
      const widestFirst = INTERVALS.toReversed();
      const change = interval => (wanted[interval] ?? 0) - (budgets[interval] ?? 0);
      const had = interval => budgets[interval] !== void 0;
      const has = interval => wanted[interval] !== void 0;
      const stays = interval => had(interval) && has(interval);
      return [ ...INTERVALS.filter(interval => had(interval) && !has(interval)), ...widestFirst.filter(interval => stays(interval) && change(interval) > 0), ...INTERVALS.filter(interval => stays(interval) && change(interval) < 0), ...INTERVALS.filter(interval => !had(interval) && has(interval)) ].map(interval => ({
        interval: interval,
        limit_usd: wanted[interval] ?? null
      }));
    }
    function changesOf(parts) {
      return parts.flatMap(({changes: changes}) => changes);
    }
    async function bringIntoForce(parts, workspace, {log: log, remedy: remedy}) {
      for (const [at, part] of parts.entries()) {
        try {
          await part.write(workspace);
        } catch (error) {
          const left = [ ...namesOf("In force", parts.slice(0, at)), ...namesOf("Not in force, or not known to be", parts.slice(at)), ...remedy ];
          if (error instanceof OpenRouterError) throw error.with({
            left: left
          });
          if (error instanceof Failure) throw new Failure(error.title, [ ...error.lines, ...left ]);
          throw error;
        }
        log.info(part.done);
      }
    }
    function namesOf(state, parts) {
      return parts.length > 0 ? [ `${state}: ${parts.map(({name: name}) => name).join(", ")}.` ] : [];
    }
    function notAsAsked(what, facts) {
      return new Failure(`${what} is not what was asked for`, [ `OpenRouter has taken it, and answered: ${facts.join(", ")}.` ]);
    }
    function differing(changes) {
      return changes.filter(({from: from, to: to}) => !(0, external_node_util_namespaceObject.isDeepStrictEqual)(from, to));
    }
    async function planBudgets({limits: limits, include_byok_in_budgets: byok}, workspace, {client: client}) {
      const state = workspace ? await listBudgets(client, workspace) : NO_BUDGETS;
      const wanted = budgetsAfter(state.budgets, limits);
      refuseDisorder(wanted);
      const writes = budgetWrites(state.budgets, wanted);
      const setsByok = byok !== void 0 && byok !== state.include_byok_in_budgets;
      return (setsByok ? withByok(writes, limits, byok) : writes).map(write => budgetPart(write, state, client));
    }
    const NO_BUDGETS = {
      budgets: {},
      include_byok_in_budgets: void 0
    };
    function refuseDisorder(wanted) {
      const disorder = disorderIn(wanted);
      if (!disorder) return;
      const [narrow, wide] = disorder;
      throw new Failure("The budgets would not be in order", [ `The ${wide} budget would be ${wanted[wide]} USD, and must be more than the ${narrow} budget, which would be ${wanted[narrow]} USD. What no input gives stays as it is.`, "Nothing was changed at OpenRouter." ]);
    }
    function budgetPart(write, before, client) {
      const {interval: interval, limit_usd: limit_usd} = write;
      return {
        name: `the ${interval} budget`,
        done: `${limit_usd === null ? "Deleted" : "Set"} the ${interval} budget.`,
        changes: differing([ {
          field: `budget ${interval}`,
          from: before.budgets[interval] ?? null,
          to: limit_usd
        }, ..."include_byok_in_budgets" in write ? [ {
          field: "include_byok_in_budgets",
          from: before.include_byok_in_budgets ?? null,
          to: write.include_byok_in_budgets
        } ] : [] ]),
        async write(workspace) {
          const answered = await writeBudget(client, workspace, write);
          if ((0, external_node_util_namespaceObject.isDeepStrictEqual)(answered, write)) return;
          throw notAsAsked(`The ${interval} budget of the workspace ${workspace.slug}`, [ `${answered.interval} ${answered.limit_usd} USD`, ..."include_byok_in_budgets" in answered ? [ `include_byok_in_budgets is ${answered.include_byok_in_budgets}` ] : [] ]);
        }
      };
    }
    function withByok(writes, limits, byok) {
      const carrier = writes.find(({limit_usd: limit_usd}) => limit_usd !== null);
      if (carrier) return writes.map(write => write === carrier ? {
        ...write,
        include_byok_in_budgets: byok
      } : write);
      const again = INTERVALS.flatMap(interval => {
        const limit_usd = limits[interval] ?? null;
        return limit_usd === null ? [] : [ {
          interval: interval,
          limit_usd: limit_usd,
          include_byok_in_budgets: byok
        } ];
      });
      return [ ...writes, ...again.slice(0, 1) ];
    }
    function guardrailIdOf({default_guardrail_id: id}) {
      return typeof id === "string" && id !== "" ? id : void 0;
    }
    function guardrailOddities(answered, update) {
      return Object.keys(guardrailDrift(answered, update)).filter(field => {
        const [is, asked] = [ answered[field] ?? null, update[field] ?? null ];
        return !isModels(field) || is === null !== (asked === null);
      });
    }
    function guardrailDrift(guardrail, update) {
      const differs = field => !isSame(field, guardrail?.[field], update[field]);
      const pair = [ "limit_usd", "reset_interval" ];
      const drifted = pair.some(field => field in update && differs(field));
      return Object.fromEntries(Object.entries(update).filter(([field]) => pair.includes(field) ? drifted : differs(field)));
    }
    function isSame(field, is, asked) {
      if (!Array.isArray(asked) || !Array.isArray(is)) return (is ?? null) === asked;
      const same = isModels(field) ? isSameModel : Object.is;
      const there = [ ...new Set(is) ];
      const wanted = [ ...new Set(asked) ];
      return there.length === wanted.length && wanted.every(entry => there.some(candidate => same(candidate, entry))) && there.every(candidate => wanted.some(entry => same(candidate, entry)));
    }
    function isModels(field) {
      return field.endsWith("_models");
    }
    function isSameModel(is, asked) {
      if (is === asked) return true;
      const [base = "", variant] = String(asked).split(":");
      const [dated = "", ...others] = String(is).split(":");
      const date = dated.startsWith(`${base}-`) ? dated.slice(base.length + 1) : "";
      return others[0] === variant && /^\d{4}-?\d\d-?\d\d$/.test(date);
    }
    async function planGuardrail(wanted, workspace, {client: client}) {
      const known = workspace && {
        id: knownIdOf(workspace),
        workspace: workspace
      };
      const guardrail = known && await findGuardrail(client, known);
      const update = guardrailDrift(guardrail, wanted);
      const changes = differing(Object.entries(update).map(([field, to]) => ({
        field: `guardrail ${field}`,
        from: guardrail?.[field] ?? null,
        to: to
      })));
      if (changes.length === 0) return [];
      return [ {
        name: "the guardrail",
        done: "Set the guardrail.",
        changes: changes,
        async write(existing) {
          const id = known?.id ?? await guardrailIdAt(existing, client);
          const answered = await patchGuardrail(client, {
            id: id,
            workspace: existing
          }, update);
          const odd = guardrailOddities(answered, update);
          if (odd.length > 0) throw notAsAsked(`The guardrail of the workspace ${existing.slug}`, odd.map(field => `${field} is ${JSON.stringify(answered[field] ?? null)}`));
        }
      } ];
    }
    function knownIdOf(workspace) {
      const id = guardrailIdOf(workspace);
      if (id === void 0) throw guardrailUnknown(workspace);
      return id;
    }
    async function guardrailIdAt(workspace, client) {
      const said = guardrailIdOf(workspace);
      if (said !== void 0) return said;
      const look = await findWorkspace(client, workspace.slug);
      return knownIdOf(look.workspace ?? workspace);
    }
    function guardrailUnknown({slug: slug}) {
      return new Failure(`The guardrail of the workspace ${slug} cannot be found`, [ "OpenRouter does not say which guardrail the workspace has." ]);
    }
    const organizationMember = looseObject({
      id: schemas_string(),
      email: optional(nullable(schemas_string()))
    });
    const workspaceMember = looseObject({
      user_id: schemas_string()
    });
    const listOf = item => object({
      data: array(item),
      total_count: optional(schemas_number())
    });
    function listOrganizationMembers(client) {
      return allOf(listPages(client, {
        doing: "list the members of the organization",
        path: "/organization/members",
        query: {
          limit: String(PAGE_SIZE)
        },
        answer: listOf(organizationMember),
        idOf: ({id: id}) => id,
        hint: "Only an organization has members: members cannot be given for an account of one person."
      }));
    }
    async function listMembers(client, {id: id, slug: slug}) {
      const members = await allOf(listPages(client, {
        doing: `list the members of the workspace ${slug}`,
        path: `/workspaces/${encodeURIComponent(id)}/members`,
        query: {
          limit: String(PAGE_SIZE)
        },
        answer: listOf(workspaceMember),
        idOf: ({user_id: user_id}) => user_id
      }));
      return members.map(({user_id: user_id}) => user_id);
    }
    const NOT_TO_BE_CHANGED = "OpenRouter does not let the members of this workspace be changed: those of the default one never, and those that an identity provider (SCIM) manages only there.";
    const MAX_ADDED = 100;
    async function addMembers(client, {id: id, slug: slug}, {userIds: userIds, attempt: attempt}) {
      const {answer: answer} = await client.request({
        doing: `add members to the workspace ${slug}`,
        method: "POST",
        path: `/workspaces/${encodeURIComponent(id)}/members/add`,
        body: {
          user_ids: userIds
        },
        answer: object({
          data: array(workspaceMember)
        }),
        hint: NOT_TO_BE_CHANGED,
        attempt: attempt
      });
      return answer.data.map(({user_id: user_id}) => user_id);
    }
    function canBeLookedInto({status: status, again: again, mayHaveLanded: mayHaveLanded}) {
      return mayHaveLanded && (again || status !== void 0);
    }
    async function lookInto(error, look) {
      try {
        return await look();
      } catch (failure) {
        if (!(failure instanceof OpenRouterError)) throw failure;
        const [first, ...notes] = linesOf(failure.facts);
        throw error.withNotes(`The lookup that followed failed: ${first}`, ...notes);
      }
    }
    async function nextAttempt(error, isOpen, client) {
      const known = told(error.with({
        mayHaveLanded: false
      }), isOpen);
      if (!error.facts.again) throw known;
      await client.untilNextAttempt(known);
    }
    function told(error, isOpen) {
      return isOpen ? error.with({
        mayHaveLanded: true
      }) : error;
    }
    async function planMembers(written, workspace, surroundings) {
      const {client: client} = surroundings;
      const members = await findMembers(written, surroundings);
      const present = new Set(workspace ? await listMembers(client, workspace) : []);
      const missing = members.filter(({userId: userId}) => !present.has(userId));
      if (missing.length === 0) return [];
      const userIds = missing.map(({userId: userId}) => userId);
      return [ {
        name: "the members",
        done: "Added the members.",
        changes: [ {
          field: "members to add",
          from: null,
          to: missing.map(member => member.written)
        } ],
        write: existing => addAll(existing, userIds, surroundings)
      } ];
    }
    async function findMembers(written, {client: client}) {
      const organization = await listOrganizationMembers(client);
      const found = written.map(text => ({
        text: text,
        members: membersOf(organization, text)
      }));
      const problems = found.flatMap(({text: text, members: {length: length}}) => {
        if (length === 1) return [];
        return [ `members: ${length === 0 ? "nobody in it has" : `${length} people in it have`} ${text}` ];
      });
      if (problems.length > 0) throw new Failure("Not all members are in the organization", [ ...problems, "Each must be the id or e-mail address of one member of the organization.", "Nothing was changed at OpenRouter." ]);
      const byId = new Map(found.map(({text: text, members: members}) => [ members[0]?.id ?? "", text ]));
      return [ ...byId ].map(([userId, text]) => ({
        userId: userId,
        written: text
      }));
    }
    function membersOf(organization, written) {
      const address = written.toLowerCase();
      return organization.filter(({id: id, email: email}) => id === written || email?.toLowerCase() === address);
    }
    async function addAll(workspace, userIds, surroundings) {
      for (let at = 0; at < userIds.length; at += MAX_ADDED) await addSome(workspace, userIds.slice(at, at + MAX_ADDED), surroundings);
    }
    async function addSome(workspace, userIds, {client: client, log: log}) {
      const absent = async ids => {
        const present = new Set(await listMembers(client, workspace));
        return ids.filter(userId => !present.has(userId));
      };
      let missing = userIds;
      for (let attempt = 1; ;) try {
        const added = new Set(await addMembers(client, workspace, {
          userIds: missing,
          attempt: attempt
        }));
        if (missing.every(userId => added.has(userId))) return;
        const left = await absent(missing);
        if (left.length === 0) return;
        throw new Failure(`Not all members were added to the workspace ${workspace.slug}`, [ `OpenRouter has answered that it has added them, and does not show: ${left.join(", ")}.` ]);
      } catch (error) {
        if (!(error instanceof OpenRouterError) || !canBeLookedInto(error.facts)) throw error;
        log.info(`${whatHappened(error.facts)}. Looking who is a member.`);
        missing = await lookInto(error, () => absent(missing));
        if (missing.length === 0) return;
        if (!error.facts.again) throw error;
        attempt = error.facts.attempts + 1;
        await client.untilNextAttempt(error);
      }
    }
    async function planGovernance({guardrail: guardrail, budgets: budgets, members: members}, workspace, surroundings) {
      return [ ...guardrail ? await planGuardrail(guardrail, workspace, surroundings) : [], ...budgets ? await planBudgets(budgets, workspace, surroundings) : [], ...members ? await planMembers(members, workspace, surroundings) : [] ];
    }
    function driftOf(workspace, asked) {
      return WORKSPACE_FIELDS.filter(field => asked[field] !== void 0).filter(field => normal(field, workspace[field]) !== normal(field, asked[field])).map(field => ({
        field: field,
        from: workspace[field] ?? null,
        to: asked[field]
      }));
    }
    function answeredDrift(workspace, asked) {
      return driftOf(workspace, asked).filter(({field: field}) => workspace[field] !== void 0);
    }
    function normal(field, value) {
      if (!Array.isArray(value)) return JSON.stringify(value ?? null);
      if (field === "disabled_server_tools" && value.length === 0) return "null";
      return JSON.stringify([ ...new Set(value) ].sort());
    }
    function tellChange({field: field, from: from, to: to}) {
      return `${field}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`;
    }
    function tellAnswer(changes) {
      return [ "OpenRouter has answered with other values:", ...changes.map(tellChange) ];
    }
    function warnOfDrift(workspace, asked, log) {
      const changes = answeredDrift(workspace, asked);
      if (changes.length === 0) return;
      log.warning(`The workspace ${asked.slug} is not quite what was asked for`, tellAnswer(changes.map(({field: field, from: from, to: to}) => ({
        field: field,
        from: to,
        to: from
      }))));
    }
    const takeExisting = (found, request, surroundings) => POLICIES[request.ifExists](found, request, surroundings);
    const POLICIES = {
      async fail({workspace: workspace, made: made}, {asked: asked, governance: governance}) {
        const {slug: slug, name: name, id: id} = workspace;
        const changes = driftOf(workspace, asked);
        throw new Failure(`The slug ${slug} is taken`, [ `It belongs to the workspace ${JSON.stringify(name)}, id ${id}, created at ${workspace["created_at"] ?? "an unknown time"}: ${dashboardUrl(slug)}`, ...made === "unknown" ? [ UNKNOWN_MAKER ] : [], "With if-exists: reuse, the step would take it as it is.", ...whatUpdateWouldDo(changes, governance) ]);
      },
      async reuse(found, request, {events: events, log: log}) {
        const {workspace: workspace} = found;
        events.known(workspace, false);
        if (isGoverned(request.governance)) warnOfUnapplied(found, request, log);
        log.info(`It exists, and is taken as it is: id ${workspace.id}, ${dashboardUrl(workspace.slug)}`);
        if (request.dryRun) log.info(NOTHING_WRITTEN);
        return {
          outcome: "unchanged",
          workspace: workspace,
          changes: [],
          governed: []
        };
      },
      async update({workspace: workspace}, {asked: asked, governance: governance, dryRun: dryRun}, surroundings) {
        const {client: client, events: events, log: log} = surroundings;
        events.known(workspace, false);
        log.info(`It exists: id ${workspace.id}, ${dashboardUrl(workspace.slug)}`);
        const changes = driftOf(workspace, asked);
        const parts = await planGovernance(governance, workspace, surroundings);
        const governed = changesOf(parts);
        if (changes.length === 0 && parts.length === 0) {
          log.info("It is as it was asked for: nothing to change.");
          if (dryRun) log.info(NOTHING_WRITTEN);
          return {
            outcome: "unchanged",
            workspace: workspace,
            changes: changes,
            governed: governed
          };
        }
        for (const change of [ ...changes, ...governed ]) log.info(`  ${tellChange(change)}`);
        if (dryRun) {
          log.info(NOTHING_WRITTEN);
          return {
            outcome: "would-update",
            workspace: workspace,
            changes: changes,
            governed: governed
          };
        }
        let updated = workspace;
        const fields = {
          name: changes.map(({field: field}) => field).join(", "),
          done: `Updated ${changes.map(({field: field}) => field).join(", ")}.`,
          changes: changes,
          async write() {
            updated = await patchWorkspace(client, workspace, valuesOf(changes));
            events.known(updated, false);
          }
        };
        const remedy = [ "Once that is put right, running this again completes it." ];
        const all = changes.length > 0 ? [ fields, ...parts ] : parts;
        await bringIntoForce(all, workspace, {
          ...surroundings,
          remedy: remedy
        });
        warnOfDrift(updated, asked, log);
        return {
          outcome: "updated",
          workspace: updated,
          changes: changes,
          governed: governed
        };
      }
    };
    function whatUpdateWouldDo(changes, governance) {
      const names = changes.map(({field: field}) => field).join(", ");
      const nothing = isGoverned(governance) ? "none of its fields" : "nothing";
      return [ `With if-exists: update, it would change ${names || nothing}.`, ...isGoverned(governance) ? [ "It would also set what governs it, where that differs." ] : [] ];
    }
    function isGoverned(governance) {
      return Object.keys(governance).length > 0;
    }
    function warnOfUnapplied({workspace: {slug: slug}, made: made}, {governanceInputs: governanceInputs, dryRun: dryRun}, log) {
      log.warning(dryRun ? `Inputs would not be applied to the workspace ${slug}` : `Inputs were not applied to the workspace ${slug}`, [ `${dryRun ? "Would not be applied" : "Not applied"}: ${governanceInputs.join(", ")}.`, "With if-exists: reuse, the step changes nothing in a workspace that exists.", ...made === "unknown" ? [ MAY_BE_UNGOVERNED ] : [], "To apply them, use if-exists: update." ]);
    }
    const MAY_BE_UNGOVERNED = "The step cannot determine whether it created this workspace. If it did, the workspace has no guardrail, no budgets and no members yet.";
    const UNKNOWN_MAKER = "It came into being while this step was making one, and whether it is that one, or was made by another, cannot be told.";
    function valuesOf(changes) {
      return Object.fromEntries(changes.map(({field: field, to: to}) => [ field, to ]));
    }
    const SLACK_MS = 1e3;
    function isAsAsked(workspace, asked) {
      return answeredDrift(workspace, asked).length === 0;
    }
    function wasMadeIn(thing, {from: from, to: to}) {
      const made = createdAt(thing);
      return made === void 0 ? void 0 : made >= from - SLACK_MS && made <= to + SLACK_MS;
    }
    async function postOnce(asked, seenFree, {client: client, clock: clock, log: log}) {
      const start = clock.now();
      let wasFree = seenFree;
      let doubt = "none";
      let mayComeLate = false;
      let wasThrottled = false;
      let provenTaken = false;
      for (let attempt = 1; ;) try {
        return {
          workspace: await postWorkspace(client, asked, attempt),
          made: true
        };
      } catch (caught) {
        if (!(caught instanceof OpenRouterError)) throw caught;
        wasThrottled ||= caught.facts.pleaded === true;
        const error = caught.with({
          pleaded: wasThrottled
        });
        if (!isWorthALook(error.facts)) throw told(error, doubt !== "none" || mayComeLate);
        attempt = error.facts.attempts + 1;
        if (!provenTaken) doubt = doubtAfter(doubt, error.facts);
        log.info(`${whatHappened(error.facts)}. Looking whether the workspace is there.`);
        const mayExist = doubt !== "none" || mayComeLate;
        const look = await lookInto(told(error, mayExist), () => findWorkspace(client, asked.slug));
        if (!look.workspace) {
          wasFree = true;
          provenTaken = false;
          mayComeLate ||= doubt === "lost";
          doubt = "none";
          await nextAttempt(error, mayComeLate, client);
          continue;
        }
        const {workspace: workspace} = look;
        const isNew = wasFree || isNewSince(look, workspace, start);
        const wasRefused = !error.facts.mayHaveLanded;
        const isOpen = mayExist || wasThrottled;
        const found = {
          workspace: workspace,
          asked: asked,
          wasFree: wasFree,
          isNew: isNew,
          doubt: doubt,
          isOpen: isOpen,
          wasRefused: wasRefused
        };
        const made = makerOf(found);
        if (made !== "unsettled") return {
          workspace: workspace,
          made: made
        };
        if (provenTaken) {
          if (error.facts.status === 500) return {
            workspace: workspace,
            made: "unknown"
          };
          await client.untilNextAttempt(told(error, true));
        } else log.info("It is. Posting once more, to see whether 500 is how a slug that is taken is answered.");
        provenTaken = true;
      }
    }
    function doubtAfter(doubt, {status: status, mayHaveLanded: mayHaveLanded}) {
      if (!mayHaveLanded || doubt === "lost") return doubt;
      return status === 500 ? "answered 500" : "lost";
    }
    function makerOf(found) {
      const {workspace: workspace, asked: asked, wasFree: wasFree, isNew: isNew, doubt: doubt, isOpen: isOpen, wasRefused: wasRefused} = found;
      if (!isOpen || isNew === false) return false;
      if (!isAsAsked(workspace, asked)) return wasFree ? "unknown" : false;
      if (isNew === void 0 || doubt === "none") return "unknown";
      return doubt === "lost" || wasRefused ? true : "unsettled";
    }
    function isWorthALook(facts) {
      const {status: status, again: again, mayHaveLanded: mayHaveLanded} = facts;
      if (mayHaveLanded) return canBeLookedInto(facts);
      return status !== void 0 && !again && status !== 401 && status !== 403;
    }
    function isNewSince({serverTime: serverTime, heardAt: heardAt}, workspace, start) {
      if (serverTime === void 0) return;
      const from = serverTime - (heardAt - start);
      return wasMadeIn(workspace, {
        from: from,
        to: Number.POSITIVE_INFINITY
      });
    }
    async function createWorkspace(request, surroundings) {
      const {asked: asked, governance: governance, ifExists: ifExists, dryRun: dryRun, deleteAfterJob: deleteAfterJob} = request;
      const {client: client, log: log} = surroundings;
      log.info(`Asked for the workspace ${JSON.stringify(asked.name)} with the slug ${asked.slug}.`);
      const looksFirst = ifExists !== "fail" || dryRun || deleteAfterJob;
      const look = looksFirst ? await findWorkspace(client, asked.slug) : void 0;
      if (look?.workspace) return takeExisting({
        workspace: look.workspace,
        made: false
      }, request, surroundings);
      const parts = await planGovernance(governance, void 0, surroundings);
      const governed = changesOf(parts);
      if (dryRun) {
        log.info("It does not exist, and would be created.");
        for (const change of governed) log.info(`  ${tellChange(change)}`);
        log.info(NOTHING_WRITTEN);
        return {
          outcome: "would-create",
          changes: [],
          governed: governed
        };
      }
      const posted = await post(request, look, surroundings);
      if (posted.made !== true) return takeExisting(posted, request, surroundings);
      const {workspace: workspace} = posted;
      warnOfDrift(workspace, asked, log);
      const remedy = deleteAfterJob ? "With delete-after-job, the workspace is deleted when the job ends." : "Once that is put right, running this again with if-exists: update completes it.";
      await bringIntoForce(parts, workspace, {
        ...surroundings,
        remedy: [ remedy ]
      });
      return {
        outcome: "created",
        workspace: workspace,
        changes: [],
        governed: governed
      };
    }
    const LATE_MS = 1e4;
    function isSettled({mayHaveLanded: mayHaveLanded, pleaded: pleaded}) {
      return !mayHaveLanded && !pleaded;
    }
    function spanFrom(look, ms) {
      const from = look?.serverTime;
      return from === void 0 ? void 0 : {
        from: from,
        to: from + ms
      };
    }
    function recoveryFor({ifExists: ifExists, governance: governance}) {
      const [policy, does] = ifExists === "update" || Object.keys(governance).length > 0 ? [ "update", "updates" ] : [ "reuse", "reuses" ];
      return `Running it again with if-exists: ${policy} is safe where only this workflow uses the slug: it ${does} the workspace that has the slug, or creates it.`;
    }
    async function post(request, look, surroundings) {
      const {asked: asked, deleteAfterJob: deleteAfterJob, timeoutMs: timeoutMs} = request;
      const {clock: clock, events: events, log: log} = surroundings;
      const start = clock.now();
      const since = look?.heardAt ?? start;
      const within = ms => ({
        asked: asked,
        span: spanFrom(look, ms)
      });
      if (deleteAfterJob) orFailWith("Nothing was changed at OpenRouter.", () => events.intended(within(timeoutMs)));
      const posted = await postOnce(asked, look !== void 0, surroundings).catch(error => {
        const isOver = error instanceof OpenRouterError && isSettled(error.facts);
        const end = () => isOver ? events.withdrawn() : events.intended(within(clock.now() - since + LATE_MS));
        if (deleteAfterJob) orWarn(log, end);
        if (deleteAfterJob || !(error instanceof OpenRouterError)) throw error;
        throw error.with({
          recovery: recoveryFor(request)
        });
      });
      const {workspace: workspace, made: made} = posted;
      const {slug: slug, id: id} = workspace;
      const exists = `The workspace exists: ${slug}, id ${id}, ${dashboardUrl(slug)}`;
      if (made === true) {
        orFailWith(exists, () => events.known(workspace, true));
        const seconds = tellSeconds(clock.now() - start);
        log.info(`Created it in ${seconds}: id ${id}, ${dashboardUrl(slug)}`);
      } else if (deleteAfterJob) {
        orFailWith(exists, events.withdrawn);
        if (made === "unknown") log.warning(`The workspace ${slug} will not be deleted after the job`, [ `Whether this step made it cannot be told: id ${id}, ${dashboardUrl(slug)}` ]);
      }
      return posted;
    }
    function identity(workspace, created) {
      const {id: id, slug: slug, name: name} = workspace;
      return {
        id: id,
        slug: slug,
        name: name,
        url: dashboardUrl(slug),
        created: String(created)
      };
    }
    function outcomeOf({outcome: outcome, workspace: workspace}, {asked: asked}) {
      if (workspace) return {
        outcome: outcome,
        workspace: JSON.stringify(workspace)
      };
      const {slug: slug, name: name} = asked;
      return {
        slug: slug,
        name: name,
        url: dashboardUrl(slug),
        created: "false",
        outcome: outcome
      };
    }
    const TITLES = {
      created: "✅ Created the OpenRouter workspace",
      updated: "✅ Updated the OpenRouter workspace",
      unchanged: "✅ Left as it is: the OpenRouter workspace",
      "would-create": "🔎 Dry run: would create the OpenRouter workspace",
      "would-update": "🔎 Dry run: would update the OpenRouter workspace"
    };
    const WOULD_LEAVE = "🔎 Dry run: would leave as it is: the OpenRouter workspace";
    function summaryOf(result, request) {
      const {outcome: outcome, workspace: workspace} = result;
      const {asked: asked, dryRun: dryRun} = request;
      const shown = workspace ?? asked;
      const fields = WORKSPACE_FIELDS.filter(field => shown[field] !== void 0);
      return {
        title: `${dryRun && outcome === "unchanged" ? WOULD_LEAVE : TITLES[outcome]} ${shown["name"]}`,
        ...workspace && {
          url: dashboardUrl(workspace.slug)
        },
        table: {
          header: [ "Field", "Value", "Remark" ],
          rows: [ ...workspace ? [ row("id", workspace.id, "") ] : [], ...fields.map(field => row(field, shown[field], remarkOn(field, result, request))), ...result.governed.map(change => row(change.field, change.to, remarkOnChange(change, request))) ]
        }
      };
    }
    function remarkOn(field, result, request) {
      const change = result.changes.find(candidate => candidate.field === field);
      if (change && request.dryRun) return {
        code: `would be ${textOf(change.to)}`
      };
      if (change) return {
        code: `was ${textOf(change.from)}`
      };
      const isAsked = request.asked[field] !== void 0;
      if (result.outcome === "would-create") return isAsked ? "would be set" : "";
      if (result.outcome !== "created") return "";
      return isAsked ? "set by this step" : "set by OpenRouter";
    }
    function remarkOnChange({from: from}, {dryRun: dryRun}) {
      if (from === null) return dryRun ? "would be set" : "set by this step";
      return {
        code: `${dryRun ? "is" : "was"} ${textOf(from)}`
      };
    }
    function row(field, value, remark) {
      return [ {
        code: field
      }, {
        code: textOf(value)
      }, remark ];
    }
    function textOf(value) {
      return typeof value === "string" ? value : JSON.stringify(value);
    }
    const key = looseObject({
      hash: schemas_string().check(_regex(/^[\w-]+$/)),
      name: schemas_string(),
      label: schemas_string(),
      workspace_id: schemas_string()
    });
    const LIMIT = "must be a number of US dollars, 0 or more";
    const createKeyRequest = object({
      name: schemas_string("must be a name"),
      workspace_id: schemas_string(),
      limit: optional(schemas_number(LIMIT).check(_gte(0, LIMIT))),
      limit_reset: optional(schemas_enum([ "daily", "weekly", "monthly" ], "must be daily, weekly or monthly")),
      include_byok_in_limit: optional(schemas_boolean("must be true or false")),
      expires_at: nullable(schemas_string())
    });
    const mintedKey = object({
      data: key,
      key: schemas_string().check(_minLength(MIN_KEY_LENGTH), _regex(BEARER_TOKEN))
    });
    async function postKey(client, body, {attempt: attempt, conceal: conceal}) {
      const {answer: answer} = await client.request({
        doing: `make the API key ${JSON.stringify(body.name)}`,
        leaves: `an API key named ${JSON.stringify(body.name)}`,
        method: "POST",
        path: "/keys",
        body: body,
        answer: mintedKey,
        hint: GONE,
        attempt: attempt,
        received: text => conceal(secretsIn(text))
      });
      return {
        key: answer.data,
        secret: answer.key
      };
    }
    function secretsIn(text) {
      const {data: data} = safeParse(object({
        key: schemas_string()
      }), parseJson(text));
      const likely = text.match(LIKELY_SECRET) ?? [];
      const found = data ? [ data.key, ...data.key.split(/\s+/) ] : [];
      return [ ...new Set([ ...found, ...likely ]) ].filter(({length: length}) => length >= MIN_KEY_LENGTH);
    }
    const keysOf = workspaceId => object({
      data: array(key.check(refine(({workspace_id: workspace_id}) => workspace_id === workspaceId, {
        error: ({input: input}) => `it had a key of the workspace ${input.workspace_id}`
      })))
    });
    const GONE = "The workspace may have been deleted meanwhile; or the management key may not manage API keys.";
    async function listKeys(client, {id: id, slug: slug}) {
      const pages = await collect(listPages(client, {
        doing: `list the API keys of the workspace ${slug}`,
        path: "/keys",
        query: {
          workspace_id: id,
          include_disabled: "true",
          include_expired: "true"
        },
        answer: keysOf(id),
        idOf: ({hash: hash}) => hash,
        hint: GONE
      }));
      return {
        keys: pages.flatMap(({items: items}) => items),
        serverTime: pages[0]?.serverTime
      };
    }
    async function deleteKey(client, key) {
      const {answer: answer} = await client.request({
        doing: `delete the API key ${tellKey(key)}`,
        leaves: `the API key ${tellKey(key)}, which may be there still`,
        method: "DELETE",
        path: `/keys/${encodeURIComponent(key.hash)}`,
        answer: object({
          deleted: literal(true)
        }),
        absent: {
          deleted: false
        }
      });
      return answer.deleted;
    }
    const MAX_NAME = 100;
    function tellKey({name: name, label: label}) {
      const short = name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;
      return `${JSON.stringify(short)} (${label})`;
    }
    const external_node_fs_namespaceObject = require("node:fs");
    const MAIN_PROCESS_STATE = "main-process";
    function leaveProcess(report) {
      const main = thisProcess();
      if (!main) return;
      try {
        report.saveState(MAIN_PROCESS_STATE, main);
      } catch (error) {
        report.debug(`The id of this process could not be saved: ${String(error)}`);
      }
    }
    function thisProcess() {
      const stat = readStat("self");
      const startTime = runningSince(stat);
      const {pid: pid} = process;
      return startTime !== void 0 && stat.startsWith(`${pid} `) ? {
        pid: pid,
        startTime: startTime
      } : void 0;
    }
    function isRunning({pid: pid, startTime: startTime}) {
      return runningSince(readStat(pid)) === startTime;
    }
    const END_WITHIN_MS = 5e3;
    const POLL_MS = 20;
    async function endProcess(main, {clock: clock, signal: signal}) {
      terminate(main);
      const deadline = clock.now() + END_WITHIN_MS;
      while (isRunning(main)) {
        if (clock.now() > deadline) return false;
        await sleep(clock, POLL_MS, signal);
      }
      return true;
    }
    function terminate({pid: pid}) {
      try {
        process.kill(pid, "SIGTERM");
      } catch (error) {
        if (codeOf(error) !== "ESRCH" && codeOf(error) !== "EPERM") throw error;
      }
    }
    function readStat(pid) {
      try {
        return (0, external_node_fs_namespaceObject.readFileSync)(`/proc/${pid}/stat`, "utf8");
      } catch (error) {
        if (codeOf(error) === void 0) throw error;
        return "";
      }
    }
    function codeOf(error) {
      return error instanceof Error && "code" in error ? error.code : void 0;
    }
    function runningSince(stat) {
      const [state = "", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return state === "Z" || state === "X" ? void 0 : fields[18];
    }
    const CLEAN_UP_STATE = "clean-up";
    const remainsOfCreate = () => union([ object({
      made: object({
        id: schemas_guid(),
        slug: schemas_string()
      }),
      deleteKeys: schemas_boolean()
    }), object({
      intended: object({
        asked: createWorkspaceRequest,
        span: optional(object({
          from: schemas_number(),
          to: schemas_number()
        }))
      }),
      deleteKeys: schemas_boolean()
    }) ]);
    const remainsOfKey = () => object({
      intended: object({
        workspace: object({
          id: schemas_string(),
          slug: schemas_string()
        }),
        asked: createKeyRequest,
        nameIsRandom: schemas_boolean(),
        isUnique: schemas_boolean(),
        since: optional(schemas_number()),
        before: array(schemas_string()),
        lost: schemas_number()
      }),
      minted: optional(object({
        hash: schemas_string(),
        label: schemas_string()
      })),
      revoke: schemas_boolean()
    });
    function readMainProcess() {
      const shape = object({
        pid: schemas_int().check(_positive()),
        startTime: schemas_string()
      });
      return safeParse(shape, parseJson(getState(MAIN_PROCESS_STATE))).data;
    }
    function readCleanUpState(remains) {
      const text = getState(CLEAN_UP_STATE);
      if (text === "") return;
      if (text === "null") return null;
      const {api_url: apiUrl} = connection;
      const state = object({
        apiUrl: nonoptional(apiUrl),
        timeoutMs: schemas_number(),
        remains: remains
      });
      const {data: data} = safeParse(state, parseJson(text));
      if (data) return data;
      return new Failure("What is to be cleaned up cannot be read", [ `The state ${CLEAN_UP_STATE} is not what the step saves there.` ]);
    }
    function readManagementKey() {
      return readInputs(object({
        management_key: connection.management_key
      })).management_key;
    }
    const NOT_SENT = {
      again: true,
      mayHaveLanded: false
    };
    const UNKNOWN = {
      again: true,
      mayHaveLanded: true
    };
    const UNKNOWN_FOR_GOOD = {
      again: false,
      mayHaveLanded: true
    };
    const REFUSED = {
      again: false,
      mayHaveLanded: false
    };
    const REFUSED_FOR_NOW = {
      again: true,
      mayHaveLanded: false
    };
    const PASSING = new Set([ 408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524 ]);
    const CLIENT_CLOSED_REQUEST = 499;
    function verdictOn(response, method) {
      const {status: status} = response;
      const asksToWait = status === 503 && retryAfter(response) !== void 0;
      const isConflict = status === 409 && method === "PATCH";
      if (status === 429 || asksToWait || isConflict) return REFUSED_FOR_NOW;
      if (PASSING.has(status)) return UNKNOWN;
      const refused = status >= 400 && status < 500 && status !== CLIENT_CLOSED_REQUEST;
      return refused ? REFUSED : UNKNOWN_FOR_GOOD;
    }
    const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, .* GMT$/;
    function retryAfter({headers: headers}) {
      const asked = String(headers["retry-after"] ?? "").trim();
      if (/^\d+$/.test(asked)) return Number(asked) * 1e3;
      if (!HTTP_DATE.test(asked)) return;
      const ms = Date.parse(asked) - Date.parse(String(headers["date"]));
      return Number.isNaN(ms) ? void 0 : Math.max(ms, 0);
    }
    const BASE_MS = 500;
    const CAP_MS = 8e3;
    function backoff(attempt, random) {
      return random * Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1));
    }
    const ATTEMPT_MS = 3e4;
    const SHORTEST_ATTEMPT_MS = 1e3;
    function attemptTime(left) {
      return Math.max(SHORTEST_ATTEMPT_MS, Math.min(ATTEMPT_MS, left / 2));
    }
    class Node {
      value;
      next;
      constructor(value) {
        this.value = value;
      }
    }
    class Queue {
      #head;
      #tail;
      #size;
      constructor() {
        this.clear();
      }
      enqueue(value) {
        const node = new Node(value);
        if (this.#head) {
          this.#tail.next = node;
          this.#tail = node;
        } else {
          this.#head = node;
          this.#tail = node;
        }
        this.#size++;
      }
      dequeue() {
        const current = this.#head;
        if (!current) return;
        this.#head = this.#head.next;
        this.#size--;
        if (!this.#head) this.#tail = void 0;
        return current.value;
      }
      peek() {
        if (!this.#head) return;
        return this.#head.value;
      }
      clear() {
        this.#head = void 0;
        this.#tail = void 0;
        this.#size = 0;
      }
      get size() {
        return this.#size;
      }
      * [Symbol.iterator]() {
        let current = this.#head;
        while (current) {
          yield current.value;
          current = current.next;
        }
      }
      * drain() {
        while (this.#head) yield this.dequeue();
      }
    }
    function pLimit(concurrency) {
      let rejectOnClear = false;
      if (typeof concurrency === "object") ({concurrency: concurrency, rejectOnClear: rejectOnClear = false} = concurrency);
      validateConcurrency(concurrency);
      if (typeof rejectOnClear !== "boolean") throw new TypeError("Expected `rejectOnClear` to be a boolean");
      const queue = new Queue;
      let activeCount = 0;
      const resumeNext = () => {
        if (activeCount < concurrency && queue.size > 0) {
          activeCount++;
          queue.dequeue().run();
        }
      };
      const next = () => {
        activeCount--;
        resumeNext();
      };
      const run = async (function_, resolve, arguments_) => {
        const result = (async () => function_(...arguments_))();
        resolve(result);
        try {
          await result;
        } catch {}
        next();
      };
      const enqueue = (function_, resolve, reject, arguments_) => {
        const queueItem = {
          reject: reject
        };
        new Promise(internalResolve => {
          queueItem.run = internalResolve;
          queue.enqueue(queueItem);
        }).then(run.bind(void 0, function_, resolve, arguments_));
        if (activeCount < concurrency) resumeNext();
      };
      const generator = (function_, ...arguments_) => new Promise((resolve, reject) => {
        enqueue(function_, resolve, reject, arguments_);
      });
      Object.defineProperties(generator, {
        activeCount: {
          get: () => activeCount
        },
        pendingCount: {
          get: () => queue.size
        },
        clearQueue: {
          value() {
            if (!rejectOnClear) {
              queue.clear();
              return;
            }
            const abortError = AbortSignal.abort().reason;
            while (queue.size > 0) queue.dequeue().reject(abortError);
          }
        },
        concurrency: {
          get: () => concurrency,
          set(newConcurrency) {
            validateConcurrency(newConcurrency);
            concurrency = newConcurrency;
            queueMicrotask(() => {
              while (activeCount < concurrency && queue.size > 0) resumeNext();
            });
          }
        },
        map: {
          async value(iterable, function_) {
            const promises = [];
            try {
              Array.from(iterable, (value, index) => {
                const promise = generator(function_, value, index);
                promises.push(promise);
                return promise;
              });
            } catch (error) {
              for (const promise of promises) promise.catch(() => {});
              throw error;
            }
            return Promise.all(promises);
          }
        }
      });
      return generator;
    }
    function validateConcurrency(concurrency) {
      if (!((Number.isInteger(concurrency) || concurrency === Number.POSITIVE_INFINITY) && concurrency > 0)) throw new TypeError("Expected `concurrency` to be a number from 1 and up");
    }
    const AT_ONCE = 8;
    function openGate({clock: clock, signal: signal}) {
      let closedUntil = clock.now();
      return {
        inTurn: pLimit(AT_ONCE),
        close(ms) {
          closedUntil = Math.max(closedUntil, clock.now() + ms);
        },
        async open(deadline) {
          while (clock.now() < closedUntil) {
            const wait = closedUntil - clock.now();
            if (closedUntil >= deadline) return `OpenRouter asks to wait ${tellSeconds(wait)}, which would be past the timeout`;
            try {
              await sleep(clock, wait, signal);
            } catch (stopped) {
              return stopped.message;
            }
          }
          return;
        }
      };
    }
    const external_node_tls_namespaceObject = require("node:tls");
    const external_node_url_namespaceObject = require("node:url");
    class ExchangeError extends Error {
      name="ExchangeError";
      sent;
      permanent;
      constructor(reason, {sent: sent, permanent: permanent = false, cause: cause}) {
        super(reason, {
          cause: cause
        });
        this.sent = sent;
        this.permanent = permanent;
      }
    }
    const MAX_BODY_BYTES = 1048576;
    function httpTransport(userAgent) {
      const connections = new lib_HttpClient(userAgent, [], {
        keepAlive: true
      });
      return async ({method: method, url: url, headers: headers, body: body}, signal) => {
        const client = new ObservedClient(userAgent, {
          signal: signal,
          connections: connections
        });
        const settled = new AbortController;
        const aborted = new Promise((_, reject) => {
          const onAbort = () => {
            if (client.status < 400) reject(signal.reason);
          };
          signal.addEventListener("abort", onAbort, {
            signal: settled.signal
          });
        });
        try {
          signal.throwIfAborted();
          return await Promise.race([ client.request(method, url, body ?? "", headers).then(({message: message}) => {
            client.status = message.statusCode ?? 0;
            return readAnswer(message);
          }), aborted ]);
        } catch (error) {
          const {reason: reason, permanent: permanent} = transport_describe(signal.aborted ? signal.reason : error, client.sent);
          throw new ExchangeError(reason + throughProxy(url), {
            sent: client.sent,
            permanent: permanent,
            cause: error
          });
        } finally {
          settled.abort();
        }
      };
    }
    class ObservedClient extends lib_HttpClient {
      sent=false;
      status=0;
      #signal;
      #connections;
      constructor(userAgent, {signal: signal, connections: connections}) {
        super(userAgent, [], {
          allowRedirects: false,
          allowRetries: false
        });
        this.#signal = signal;
        this.#connections = connections;
      }
      requestRaw(info, data) {
        const request = (options, onAnswer) => {
          const sending = info.httpModule.request({
            ...options,
            signal: this.#signal
          }, onAnswer);
          this.#watch(sending);
          return sending;
        };
        const httpModule = Object.create(info.httpModule, {
          request: {
            value: request
          }
        });
        const {parsedUrl: parsedUrl} = info;
        const isProxied = lib_getProxyUrl(parsedUrl.href) !== "";
        const agent = isProxied ? info.options.agent : this.#connections.getAgent(parsedUrl.href);
        agent.options.rejectUnauthorized = true;
        const options = {
          ...info.options,
          agent: agent
        };
        if (!isProxied) options.host = (0, external_node_url_namespaceObject.urlToHttpOptions)(parsedUrl).hostname;
        return super.requestRaw({
          ...info,
          httpModule: httpModule,
          options: options
        }, data);
      }
      #watch(sending) {
        const isReady = () => {
          this.sent = true;
        };
        sending.once("socket", socket => {
          const isTls = socket instanceof external_node_tls_namespaceObject.TLSSocket;
          if (sending.reusedSocket || !(isTls || socket.connecting)) isReady(); else socket.once(isTls ? "secureConnect" : "connect", isReady);
        });
      }
    }
    async function readAnswer(message) {
      const start = systemClock.now();
      const status = message.statusCode ?? 0;
      const chunks = [];
      let size = 0;
      try {
        for await (const chunk of message) {
          size += chunk.length;
          if (size > MAX_BODY_BYTES) throw new Error("the answer is longer than 1 MiB");
          chunks.push(chunk);
        }
      } catch (error) {
        if (status < 400 || status === 404) throw error;
      }
      return {
        status: status,
        headers: message.headers,
        body: (new TextDecoder).decode(Buffer.concat(chunks)),
        bodyMs: systemClock.now() - start
      };
    }
    const UNKNOWN_AUTHORITY = "the certificate comes from an authority that is not trusted here; the environment variable NODE_EXTRA_CA_CERTS can name a file with it";
    const transport_PASSING = {
      ECONNREFUSED: "the connection was refused",
      ECONNRESET: "the connection was closed before the answer was complete",
      EAI_AGAIN: "the name of the host could not be looked up",
      ENOTFOUND: "there is no host of that name",
      EHOSTUNREACH: "there is no route to the host",
      ENETUNREACH: "there is no route to the network",
      ETIMEDOUT: "the connection could not be made in time",
      EPIPE: "the connection was closed while the request was being sent"
    };
    const PERMANENT = {
      EPROTO: "the other side does not speak TLS",
      DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
      SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
      UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
      UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
      CERT_HAS_EXPIRED: "the certificate has expired",
      ERR_TLS_CERT_ALTNAME_INVALID: "the certificate belongs to another host"
    };
    function transport_describe(error, sent) {
      if (!(error instanceof Error)) return {
        reason: String(error),
        permanent: false
      };
      const {message: message} = error;
      const code = "code" in error && typeof error.code === "string" ? error.code : "";
      if (code === "ECONNRESET" && !sent) return describeUnready(message);
      const permanent = code in PERMANENT;
      const reason = PERMANENT[code] ?? transport_PASSING[code] ?? message;
      return {
        reason: code ? `${reason} (${code})` : reason,
        permanent: permanent
      };
    }
    function describeUnready(message) {
      if (message.endsWith("statusCode=407")) return {
        reason: "the proxy asks for a user and a password",
        permanent: true
      };
      const reason = message.startsWith("tunneling") ? message : "the connection was closed before it was ready";
      return {
        reason: `${reason} (ECONNRESET)`,
        permanent: false
      };
    }
    function throughProxy(url) {
      const proxy = lib_getProxyUrl(url);
      return proxy ? `, through the proxy ${new URL(proxy).host}` : "";
    }
    function openRouter(options) {
      return clientThrough(openGate(options), options);
    }
    function clientThrough(gate, options) {
      const {clock: clock, random: random, deadline: deadline, signal: signal, log: log} = options;
      const client = {
        async request(call) {
          let pleaded = false;
          let earlierMayHaveLanded = false;
          for (let attempt = call.attempt ?? 1; ;attempt += 1) try {
            return await gate.inTurn(() => attemptThrough(gate, options, {
              ...call,
              attempt: attempt
            }));
          } catch (error) {
            if (!(error instanceof OpenRouterError)) throw error;
            pleaded ||= isPlea(error.facts);
            const known = error.with({
              pleaded: pleaded,
              earlierMayHaveLanded: earlierMayHaveLanded
            });
            earlierMayHaveLanded ||= error.facts.mayHaveLanded;
            if (!canRepeat(known.facts)) throw known;
            await client.untilNextAttempt(known);
          }
        },
        async untilNextAttempt(error) {
          const {attempts: attempts, retryAfter: asked = 0} = error.facts;
          const wait = Math.max(asked, backoff(attempts, random()));
          const seconds = tellSeconds(wait);
          if (clock.now() + wait >= deadline) throw error.withNotes(`Attempt ${attempts} was the last: the next one, in ${seconds}, would be past the timeout`);
          log.info(`${whatHappened(error.facts)}. Trying again in ${seconds}.`);
          if (isPlea(error.facts)) gate.close(wait);
          await sleep(clock, wait, signal).catch(stopped => {
            throw error.withNotes(`Then ${stopped.message}`);
          });
        },
        within(ms) {
          const end = Math.min(deadline, clock.now() + ms);
          return clientThrough(gate, {
            ...options,
            deadline: end,
            cutOff: end
          });
        }
      };
      return client;
    }
    async function attemptThrough(gate, options, call) {
      const {clock: clock, deadline: deadline, cutOff: cutOff} = options;
      if (cutOff !== void 0 && cutOff <= clock.now()) throw failed(call, {
        reason: "the time for it was over",
        ...NOT_SENT,
        again: false
      });
      const closed = await gate.open(deadline);
      if (closed !== void 0) throw failed(call, {
        reason: closed,
        ...NOT_SENT,
        again: false
      });
      try {
        return await attemptOnce(options, call);
      } catch (error) {
        if (error instanceof OpenRouterError && isPlea(error.facts)) gate.close(error.facts.retryAfter ?? 0);
        throw error;
      }
    }
    function canRepeat({method: method, again: again, mayHaveLanded: mayHaveLanded}) {
      return again && !(method === "POST" && mayHaveLanded);
    }
    function isPlea({status: status, again: again, mayHaveLanded: mayHaveLanded}) {
      return (status === 429 || status === 503) && again && !mayHaveLanded;
    }
    async function attemptOnce(options, call) {
      const response = await exchange(options, call);
      const heardAt = options.clock.now() - (response.bodyMs ?? 0);
      const serverTime = Date.parse(String(response.headers["date"]));
      return {
        answer: usable(call, response),
        serverTime: Number.isNaN(serverTime) ? void 0 : serverTime,
        heardAt: heardAt
      };
    }
    async function exchange(options, call) {
      const {apiUrl: apiUrl, managementKey: managementKey, transport: transport, clock: clock, deadline: deadline, signal: signal, log: log} = options;
      const {cutOff: cutOff = Number.POSITIVE_INFINITY} = options;
      const {method: method, path: path, body: body} = call;
      const attempt = new AbortController;
      const start = clock.now();
      const note = outcome => log.debug(`${method} ${apiUrl}${path}: ${outcome}, after ${Math.round(clock.now() - start)} ms`);
      const limit = Math.min(attemptTime(deadline - start), Math.max(0, cutOff - start));
      const release = clock.after(limit, () => attempt.abort(new Error(`there was no whole answer within ${tellSeconds(limit)}`)));
      try {
        const response = await transport({
          method: method,
          url: apiUrl + path,
          headers: {
            accept: "application/json",
            authorization: `Bearer ${managementKey}`,
            ...body && {
              "content-type": "application/json"
            }
          },
          ...body && {
            body: JSON.stringify(body)
          }
        }, AbortSignal.any([ signal, attempt.signal ]));
        call.received?.(response.body);
        note(response.status);
        return response;
      } catch (error) {
        if (!(error instanceof ExchangeError)) throw error;
        note(error.message);
        throw failed(call, outcomeWithoutResponse(error, options, clock.now() - start), error);
      } finally {
        release();
      }
    }
    function outcomeWithoutResponse({message: message, sent: sent, permanent: permanent}, {apiUrl: apiUrl, signal: signal}, elapsedMs) {
      const isOfNetwork = !(sent && signal.aborted);
      return {
        reason: message,
        ...isOfNetwork && {
          noResponse: {
            host: new URL(apiUrl).host,
            elapsedMs: elapsedMs
          }
        },
        ...sent ? UNKNOWN : NOT_SENT,
        again: !permanent && !signal.aborted
      };
    }
    function usable(call, response) {
      const {status: status, headers: headers, body: body} = response;
      const ray = headers["cf-ray"];
      const received = {
        status: status,
        ...typeof ray === "string" && {
          cfRay: ray
        }
      };
      const isAbsent = status === 404 && parseJson(body) !== void 0;
      if (isAbsent && call.absent !== void 0) return call.absent;
      if (status >= 300 && status < 400) {
        const reason = `the answer was a redirect (${status}) to ${headers["location"] ?? "nowhere"}, which is not followed because the key must not travel`;
        throw failed(call, {
          ...received,
          reason: reason,
          ...verdictOn(response, call.method)
        });
      }
      if (status < 200 || status >= 400) {
        const serverMessage = messageIn(body);
        const wait = retryAfter(response);
        throw failed(call, {
          ...received,
          reason: `the answer was ${status}`,
          ...serverMessage !== void 0 && {
            serverMessage: serverMessage
          },
          ...wait !== void 0 && {
            retryAfter: wait
          },
          ...verdictOn(response, call.method)
        });
      }
      const answer = safeParse(call.answer, parseJson(body));
      if (!answer.success) {
        const reason = `the answer was ${status}, but ${client_shortcoming(body, answer.error)}`;
        const isOther = call.method === "POST" && answer.error.issues.every(isOfContent);
        throw failed(call, {
          ...received,
          reason: reason,
          ...isOther ? UNKNOWN_FOR_GOOD : UNKNOWN
        });
      }
      return answer.data;
    }
    function isOfContent({code: code}) {
      return code === "custom";
    }
    function failed(call, outcome, cause) {
      const {doing: doing, leaves: leaves, hint: hint, method: method, path: path, attempt: attempt = 1} = call;
      const what = {
        doing: doing,
        method: method,
        path: path,
        ...leaves !== void 0 && {
          leaves: leaves
        },
        ...hint !== void 0 && {
          hint: hint
        }
      };
      return new OpenRouterError({
        ...what,
        attempts: attempt,
        ...outcome
      }, {
        cause: cause
      });
    }
    function client_shortcoming(body, {issues: issues}) {
      if (body.trim() === "") return "it was empty";
      if (parseJson(body) === void 0) return "it was not JSON";
      const lacking = issues.filter(issue => !isOfContent(issue));
      const names = lacking.map(({path: path}) => path.join(".") || "an object");
      return names.length > 0 ? `it lacked ${names.join(", ")}` : String(issues[0]?.message);
    }
    const package_namespaceObject = JSON.parse('{"UU":"openrouter-workspace","rE":"1.0.0"}');
    const USER_AGENT = `${package_namespaceObject.UU}/${package_namespaceObject.rE}`;
    function connect(connection, {report: report, clock: clock, signal: signal, limit: limit}) {
      const {apiUrl: apiUrl, managementKey: managementKey, timeoutMs: timeoutMs} = connection;
      return openRouter({
        apiUrl: apiUrl,
        managementKey: managementKey,
        transport: httpTransport(USER_AGENT),
        clock: clock,
        random: Math.random,
        deadline: limit(timeoutMs),
        signal: signal,
        log: report
      });
    }
    const MIN_MASKED_LENGTH = 4;
    function readSecrets() {
      const key = getInput("management-key", {
        trimWhitespace: false
      });
      return {
        managementKey: texts([ key, ...key.split(/[\r\n]+/) ]),
        proxyPassword: texts(proxyPasswords(process.env))
      };
    }
    function texts(found) {
      const trimmed = found.map(text => text.trim());
      return [ ...new Set(trimmed.filter(text => text.length >= MIN_MASKED_LENGTH)) ];
    }
    function account(error) {
      if (error instanceof Failure) return {
        title: error.title,
        lines: [ ...error.lines ],
        table: error.table
      };
      if (error instanceof OpenRouterError) return accountOfCall(error.facts);
      return {
        title: "The action itself failed",
        lines: [ error instanceof Error ? error.stack ?? error.message : String(error), "This is a fault of the action and not of the workflow: please report it, with this log." ]
      };
    }
    function accountOfCall(facts) {
      const {doing: doing, cfRay: cfRay} = facts;
      return {
        title: `Could not ${doing}`,
        lines: [ ...linesOf(facts), ...aftermath(facts), ...cfRay ? [ `For OpenRouter's support, the id of the request: cf-ray ${cfRay}` ] : [] ]
      };
    }
    function aftermath(facts) {
      const {method: method, pleaded: pleaded, leaves: leaves, recovery: recovery, left: left} = facts;
      const mayHaveLanded = facts.mayHaveLanded || facts.earlierMayHaveLanded;
      const hints = hintsFor(facts);
      if (left) return [ ...hints, ...left ];
      if (method === "GET") return hints;
      if (!mayHaveLanded) return [ pleaded ? REJECTED : "Nothing was changed at OpenRouter.", ...hints ];
      return [ "The request may still have been applied.", ...hints, `Before running this again, look for ${leaves ?? "what it asked for"}.`, ...recovery ? [ recovery ] : [] ];
    }
    const REJECTED = "OpenRouter says that it rejected the request, so nothing should have been changed.";
    const MANAGEMENT_KEY = "management-key must be a management key, made at https://openrouter.ai/settings/management-keys; a key for inference is not one, though both begin with sk-or-v1-.";
    const SERVER_TROUBLE = "The trouble is at OpenRouter: see https://status.openrouter.ai.";
    const CHECK_NETWORK = "Check api-url, and whether DNS, a proxy or a firewall keeps the runner from that host.";
    const HINTS = {
      400: "OpenRouter refuses what it was asked, for the reason that it gives.",
      401: MANAGEMENT_KEY,
      402: "The account lacks the credit or the plan for this: see https://openrouter.ai/settings/credits.",
      403: `${MANAGEMENT_KEY} Of an organization, only administrators may do this.`,
      404: "Does api-url end with the path of the API, as in https://openrouter.ai/api/v1?",
      422: "OpenRouter refuses what it was asked, for the reason that it gives.",
      429: "OpenRouter asks for fewer requests: wait, and run it again."
    };
    const OF_ACCOUNT = [ 402, 403, 404 ];
    function hintsFor({status: status = 0, hint: own, noResponse: noResponse}) {
      if (noResponse) return [ CHECK_NETWORK ];
      const general = HINTS[status] ?? (status >= 500 ? SERVER_TROUBLE : void 0);
      const hint = own && OF_ACCOUNT.includes(status) ? own : general;
      return hint ? [ hint ] : [];
    }
    const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;
    const MAX_LENGTH = 2e3;
    function toLine(text, redact) {
      return text_shortened(redact(printable(text))).replaceAll("##[", "## [").replace(/^(\s*)::/, "$1: :");
    }
    const MAX_MESSAGE = 4e3;
    const MAX_END = 1e3;
    const MAX_START = 2900;
    function toMessage(lines) {
      const text = lines.join("\n");
      if (text.length <= MAX_MESSAGE) return {
        text: text,
        omitted: 0
      };
      const start = lines.slice(0, countFitting(lines, MAX_START));
      const end = lines.slice(lines.length - countFitting(lines.toReversed(), MAX_END));
      const omitted = lines.length - start.length - end.length;
      const note = `… and ${omitted} more: the job summary has every line.`;
      return {
        text: [ ...start, note, ...end ].join("\n"),
        omitted: omitted
      };
    }
    function countFitting(lines, size) {
      let left = size;
      const first = lines.findIndex(line => {
        left -= line.length + 1;
        return left < 0;
      });
      return first < 0 ? lines.length : first;
    }
    const ENTITIES = {
      "&": "&amp;",
      "<": "&lt;",
      ">": "&gt;",
      '"': "&quot;",
      "'": "&#39;",
      "\n": "<br>"
    };
    function toHtml(text, redact) {
      const lines = text.split(/\r\n|[\r\n]/).map(printable).join("\n");
      return text_shortened(redact(lines)).replace(/[&<>"'\n]/g, found => ENTITIES[found]);
    }
    function printable(text) {
      return (0, external_node_util_namespaceObject.stripVTControlCharacters)(text).replace(UNPRINTABLE, " ").trimEnd();
    }
    function text_shortened(text) {
      return (text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text).toWellFormed();
    }
    const MAX_TABLE = 524288;
    function summaryHtml(summary, redact) {
      const {title: title, url: url, paragraphs: paragraphs = [], table: table} = summary;
      const html = text => toHtml(text, redact);
      return [ `<h3>${url ? `<a href="${html(url)}">${html(title)}</a>` : html(title)}</h3>`, ...paragraphs.map(text => `<p>${html(text)}</p>`), ...table ? tableHtml(table, html) : [] ].join("\n");
    }
    function tableHtml({header: header, rows: rows, more: more = 0}, html) {
      const cell = content => typeof content === "string" ? html(content) : `<code>${html(content.code)}</code>`;
      const row = (tag, cells) => `<tr>${cells.map(content => `<${tag}>${cell(content)}</${tag}>`).join("")}</tr>`;
      const shown = fitting(rows.map(cells => row("td", cells)), MAX_TABLE);
      const rest = rows.length - shown.length + more;
      return [ "<table>", row("th", header), ...shown, "</table>", ...rest > 0 ? [ `<p>… and ${rest} more</p>` ] : [] ];
    }
    function fitting(texts, size) {
      let left = size;
      const first = texts.findIndex(text => {
        left -= Buffer.byteLength(text);
        return left < 0;
      });
      return first < 0 ? texts : texts.slice(0, first);
    }
    function openReport() {
      const concealed = [];
      const redact = text => concealed.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
      const redactShown = text => redact(text).replace(LIKELY_SECRET, "***");
      const line = text => toLine(text, redactShown);
      const annotate = (annotation, title, lines) => {
        const {text: text, omitted: omitted} = toMessage([ title, ...lines ].map(line));
        annotation(text, {
          title: line(title)
        });
        return omitted;
      };
      const report = {
        info: text => info(line(text)),
        debug: text => core_debug(line(text)),
        warning(title, lines) {
          const omitted = annotate(warning, title, lines);
          if (omitted > 0) report.summarize({
            title: `⚠️ ${title}`,
            paragraphs: lines
          });
        },
        mask: texts => texts.forEach(core_setSecret),
        conceal(texts) {
          report.mask(texts);
          concealed.push(...texts);
        },
        output(values) {
          try {
            for (const [name, value] of Object.entries(values)) setOutput(name, redact(value));
          } catch (error) {
            throw new Failure("The outputs could not be written", [ `The work was done, but the outputs could not be written: ${messageOf(error)}`, ...Object.entries(values).map(([name, value]) => `${name}: ${value}`) ]);
          }
        },
        outputSecret(name, secret) {
          try {
            if (!process.env["GITHUB_OUTPUT"]) throw new Error("there is no GITHUB_OUTPUT");
            setOutput(name, secret);
          } catch (error) {
            throw new Failure(`The output ${name} could not be written`, [ `The work was done, but its output could not be written: ${messageOf(error)}` ]);
          }
        },
        saveState(name, value) {
          try {
            saveState(name, redact(JSON.stringify(value)));
          } catch (error) {
            throw new Failure("The state for the end of the job could not be written", [ `The runner's file for it cannot be written: ${messageOf(error)}` ]);
          }
        },
        summarize(summary) {
          const file = process.env["GITHUB_STEP_SUMMARY"];
          if (!file) return;
          try {
            (0, external_node_fs_namespaceObject.appendFileSync)(file, `${summaryHtml(summary, redactShown)}\n`);
          } catch (error) {
            report.warning("The job summary could not be written", [ messageOf(error) ]);
          }
        },
        fail(error) {
          const {title: title, lines: lines, table: table} = account(error);
          annotate(core_error, title, lines);
          report.summarize({
            title: `❌ ${title}`,
            paragraphs: lines,
            table: table
          });
        },
        warnOf(error, lastLine) {
          const {title: title, lines: lines} = account(error);
          report.warning(title, [ ...lines, lastLine ]);
        }
      };
      return report;
    }
    function messageOf(error) {
      return error instanceof Error ? error.message : String(error);
    }
    async function runStep(program, blame = fail) {
      process.exitCode = 1;
      process.noDeprecation = true;
      const report = openReport();
      const {managementKey: managementKey, proxyPassword: proxyPassword} = readSecrets();
      report.conceal(managementKey);
      report.mask(proxyPassword);
      const stop = new AbortController;
      for (const name of [ "SIGINT", "SIGTERM" ]) process.on(name, () => stop.abort(new Error(`the run was cancelled (${name})`)));
      process.on("uncaughtException", error => {
        stop.abort(new Error(`the action itself failed: ${error.stack ?? error.message}`));
      });
      process.stdout.on("error", () => {});
      const limit = ms => {
        const over = new Error(`the timeout of ${ms / 1e3} s for this step is over`);
        systemClock.after(ms, () => stop.abort(over));
        return systemClock.now() + ms;
      };
      try {
        await program({
          report: report,
          clock: systemClock,
          signal: stop.signal,
          limit: limit
        });
        process.exitCode = 0;
      } catch (error) {
        process.exitCode = blame(report, error);
      }
      process.stdout.write("", () => process.exit());
    }
    function fail(report, error) {
      report.fail(error);
      return 1;
    }
    function create() {
      return runStep(async step => {
        const {report: report, clock: clock} = step;
        leaveProcess(report);
        const inputs = readCreateInputs();
        const {apiUrl: apiUrl, timeoutMs: timeoutMs, deleteAfterJob: deleteAfterJob, deleteKeys: deleteKeys} = inputs;
        const leave = remains => report.saveState(CLEAN_UP_STATE, {
          apiUrl: apiUrl,
          timeoutMs: timeoutMs,
          remains: remains
        });
        const result = await createWorkspace(inputs, {
          client: connect(inputs, step),
          clock: clock,
          log: report,
          events: {
            intended: intended => leave({
              intended: intended,
              deleteKeys: deleteKeys
            }),
            withdrawn: () => report.saveState(CLEAN_UP_STATE, null),
            known(workspace, created) {
              const {id: id, slug: slug} = workspace;
              if (created && deleteAfterJob) leave({
                made: {
                  id: id,
                  slug: slug
                },
                deleteKeys: deleteKeys
              });
              report.output(identity(workspace, created));
            }
          }
        });
        report.output(outcomeOf(result, inputs));
        report.summarize(summaryOf(result, inputs));
      });
    }
    const WAITS_MS = [ 0, 1e3, 2e3 ];
    async function* looks({clock: clock, signal: signal}) {
      for (const wait of WAITS_MS) {
        await sleep(clock, wait, signal).catch(() => {});
        yield;
      }
    }
    async function deleteEach(keys, client, deleted) {
      const outcomes = await Promise.all(keys.map(async key => {
        try {
          await deleteKey(client, key);
          deleted(key);
          return [];
        } catch (error) {
          if (!(error instanceof OpenRouterError)) throw error;
          return [ {
            key: key,
            error: error
          } ];
        }
      }));
      return outcomes.flat();
    }
    async function tearDown(workspace, options, {client: client, log: log}) {
      const deletedKeys = [];
      try {
        refuseOddId(workspace);
        return {
          deletedKeys: deletedKeys,
          deleted: await deleteAll()
        };
      } catch (error) {
        if (error instanceof Failure) return {
          deletedKeys: deletedKeys,
          deleted: false,
          failure: error
        };
        if (!(error instanceof OpenRouterError)) throw error;
        if (isRefusal(error) && await isGone()) return {
          deletedKeys: deletedKeys,
          deleted: false
        };
        const left = [ ...error.facts.left ?? [], ...leftBehind() ];
        return {
          deletedKeys: deletedKeys,
          deleted: false,
          failure: error.with({
            left: left
          })
        };
      }
      async function deleteAll() {
        let refusal;
        for (let round = 1; round <= MAX_ROUNDS; round += 1) {
          const {keys: keys} = await listKeys(client, workspace);
          if (keys.length > 0 && !options.deleteKeys) throw blockedBy(keys, workspace);
          if (keys.length === 0 && refusal) throw refusal;
          refusal = void 0;
          await deleteKeys(keys);
          if (keys.length > 0 && options.looksAgain) continue;
          try {
            const wasThere = await deleteWorkspace(client, workspace);
            if (!wasThere && !await isGone()) throw stillThere(workspace);
            return wasThere;
          } catch (error) {
            if (!(error instanceof OpenRouterError) || !isRefusal(error)) throw error;
            refusal = error;
          }
        }
        throw new Failure(`API keys keep being made in the workspace ${workspace.slug}`, [ `Each of ${MAX_ROUNDS} looks has found new ones: whatever makes them must stop first.`, ...leftBehind() ]);
      }
      async function deleteKeys(keys) {
        const left = await deleteEach(keys, client, key => {
          deletedKeys.push(key);
          log.info(`Deleted the API key ${tellKey(key)} of the workspace ${workspace.slug}.`);
        });
        const errors = left.map(({error: error}) => error);
        const [first] = errors;
        if (first === void 0) return;
        if (errors.length === 1) throw first;
        throw first.with({
          doing: `delete ${errors.length} of ${keys.length} API keys of the workspace ${workspace.slug}`,
          left: someOf(errors.slice(1).map(({facts: facts}) => linesOf(facts).join("; ")))
        });
      }
      function leftBehind() {
        const {slug: slug, id: id} = workspace;
        return [ `API keys deleted before that: ${deletedKeys.length}. Left behind: the workspace ${slug}, id ${id}, which may be there still.`, "Deleting the workspace again finishes the work." ];
      }
      async function isGone() {
        try {
          return (await findWorkspace(client, workspace.id)).workspace === void 0;
        } catch (error) {
          if (error instanceof OpenRouterError) return false;
          throw error;
        }
      }
    }
    const MAX_ROUNDS = 5;
    function refuseOddId({id: id, slug: slug}) {
      if (isUuid(id)) return;
      throw new Failure(`The workspace ${slug} has an id that is not a UUID`, [ `OpenRouter says that its id is ${id}.`, "Nothing was deleted." ]);
    }
    function stillThere({slug: slug, id: id}) {
      return new Failure(`The workspace ${slug} is still there`, [ `OpenRouter has answered that it has deleted it, or that there is none, and still shows it: id ${id}.`, "Delete it again, and tell OpenRouter if that does not help." ]);
    }
    function isRefusal({facts: {status: status = 0, again: again, mayHaveLanded: mayHaveLanded}}) {
      return status >= 400 && !again && !mayHaveLanded && status !== 401 && status !== 403;
    }
    function blockedBy(keys, {slug: slug}) {
      return new Failure(`The workspace ${slug} has ${keys.length} API ${keys.length === 1 ? "key" : "keys"}, and delete-keys is false`, [ ...someOf(keys.map(tellKey)), "OpenRouter deletes no workspace that has API keys. With delete-keys: true they would be deleted first, and whatever uses them would stop working.", "Nothing was deleted." ], tableOfKeys(keys));
    }
    function tableOfKeys(keys) {
      if (keys.length === 0) return;
      return {
        header: [ "API key", "Label" ],
        rows: keys.map(({name: name, label: label}) => [ {
          code: name
        }, {
          code: label
        } ])
      };
    }
    function slugOf(remains) {
      return "made" in remains ? remains.made.slug : remains.intended.asked.slug;
    }
    async function cleanUp(remains, surroundings) {
      const {log: log} = surroundings;
      const workspace = "made" in remains ? remains.made : await findMade(remains, surroundings);
      if (!workspace) return;
      const {slug: slug, id: id} = workspace;
      const options = {
        deleteKeys: remains.deleteKeys,
        looksAgain: false
      };
      const {deleted: deleted, failure: failure} = await tearDown(workspace, options, surroundings);
      if (failure) throw failure;
      log.info(deleted ? `Deleted the workspace ${slug}, id ${id}, as delete-after-job asks for.` : `The workspace ${slug}, id ${id}, was gone already.`);
    }
    async function findMade({intended: {asked: asked, span: span}}, surroundings) {
      const {client: client, log: log} = surroundings;
      for await (const _ of looks(surroundings)) {
        const {workspace: workspace} = await findWorkspace(client, asked.slug);
        if (!workspace) continue;
        const inTime = span !== void 0 && wasMadeIn(workspace, span);
        if (inTime && isAsAsked(workspace, asked)) return workspace;
        log.warning(`The workspace ${asked.slug} was left alone`, [ `It exists, id ${workspace.id}, but cannot be shown to be what this step made.` ]);
        return;
      }
      log.info(`There is no workspace ${asked.slug}: nothing to clean up.`);
      return;
    }
    async function runCleanUp(work) {
      const state = readCleanUpState(work.remains);
      const main = readMainProcess();
      const running = main && isRunning(main) ? main : void 0;
      if (!state && !running) return;
      const left = () => work.tell(state && !(state instanceof Failure) ? state.remains : void 0);
      await runStep(async step => {
        const {report: report, clock: clock, signal: signal} = step;
        if (running) await endMain(running, step, {
          left: left(),
          isIntentKnown: state !== void 0
        });
        if (!state) return;
        if (state instanceof Failure) throw state;
        const client = connect({
          ...state,
          managementKey: readManagementKey()
        }, step);
        await work.cleanUp(state.remains, {
          client: client,
          clock: clock,
          log: report,
          signal: signal
        });
      }, (report, error) => {
        report.warnOf(error, `It may be left behind at OpenRouter: ${left()}.`);
        return 0;
      });
    }
    async function endMain(main, {report: report, clock: clock, signal: signal}, {left: left, isIntentKnown: isIntentKnown}) {
      const lastLine = `It may be left behind at OpenRouter: ${left}.`;
      if (!await endProcess(main, {
        clock: clock,
        signal: signal
      })) report.warning("The step could not be ended", [ `It was still running when its post step began, and did not end within ${END_WITHIN_MS / 1e3} s of SIGTERM. What it creates from now on stays.`, lastLine ]); else if (isIntentKnown) report.info("The step was still running, and was ended (SIGTERM) before this clean-up."); else report.warning("The step was still running when its post step began", [ "It was ended (SIGTERM). Whether it had created anything by then is not known.", lastLine ]);
    }
    function create_post_post() {
      return runCleanUp({
        remains: remainsOfCreate(),
        cleanUp: cleanUp,
        tell: remains => remains ? `the workspace ${slugOf(remains)}` : "whatever workspace the step made"
      });
    }
    const id_or_slug_SHAPE = "must be the id or slug of a workspace";
    const idOrSlug = () => schemas_string(id_or_slug_SHAPE).check(refine(isIdOrSlug, id_or_slug_SHAPE));
    const deleteInputs = () => object({
      management_key: connection.management_key,
      workspace: idOrSlug(),
      expect_slug_prefix: optional(schemas_string().check(_regex(/^[a-z0-9-]+$/, "must be the beginning of a slug"))),
      delete_keys: flag_flag(),
      dry_run: flag_flag(),
      api_url: connection.api_url,
      timeout: connection.timeout
    });
    function readDeleteInputs() {
      const read = readInputs(deleteInputs());
      return {
        managementKey: read.management_key,
        apiUrl: read.api_url,
        timeoutMs: read.timeout,
        workspace: read.workspace,
        expectSlugPrefix: read.expect_slug_prefix,
        deleteKeys: read.delete_keys,
        dryRun: read.dry_run
      };
    }
    async function deleteOne(request, surroundings, found) {
      const {client: client, clock: clock, log: log} = surroundings;
      const {deleteKeys: deleteKeys, dryRun: dryRun} = request;
      const start = clock.now();
      log.info(`Asked to delete the workspace ${request.workspace}.`);
      const {workspace: workspace} = await findWorkspace(client, request.workspace);
      if (!workspace) {
        log.info("There is none: it is gone already.");
        return {
          deleted: false,
          keys: []
        };
      }
      found(workspace);
      const {slug: slug, id: id, name: name} = workspace;
      log.info(`It is ${JSON.stringify(name)}, slug ${slug}, id ${id}.`);
      delete_refuse(workspace, request);
      if (dryRun) return plan(workspace, request, surroundings);
      const {deletedKeys: deletedKeys, failure: failure} = await tearDown(workspace, {
        deleteKeys: deleteKeys,
        looksAgain: true
      }, surroundings);
      if (failure) return {
        workspace: workspace,
        deleted: false,
        keys: deletedKeys,
        failure: failure
      };
      const result = {
        workspace: workspace,
        deleted: true,
        keys: deletedKeys
      };
      const doubt = await doubtThatGone(workspace, surroundings);
      if (doubt) return {
        ...result,
        deleted: false,
        failure: doubt
      };
      const seconds = tellSeconds(clock.now() - start);
      log.info(`Deleted it, in ${seconds}. API keys deleted: ${deletedKeys.length}.`);
      return result;
    }
    function delete_refuse({slug: slug, id: id}, {expectSlugPrefix: expectSlugPrefix = ""}) {
      if (slug === "default") throw new Failure("The default workspace is never deleted", [ `The workspace ${id} is the default one of the account, and to delete that would disable the account's keys for good.`, "Nothing was deleted." ]);
      if (!slug.startsWith(expectSlugPrefix)) throw new Failure(`The workspace ${slug} is not one that was meant`, [ `Its slug does not begin with ${expectSlugPrefix}, as expect-slug-prefix says: ${slug}, id ${id}.`, "Nothing was deleted." ]);
    }
    async function plan(workspace, {deleteKeys: deleteKeys}, {client: client, log: log}) {
      const {keys: keys} = await listKeys(client, workspace);
      if (keys.length > 0 && !deleteKeys) throw blockedBy(keys, workspace);
      log.info(`It would be deleted, and API keys: ${keys.length}. This is a dry run: nothing was deleted.`);
      return {
        workspace: workspace,
        deleted: false,
        keys: keys
      };
    }
    async function doubtThatGone({slug: slug, id: id}, {client: client}) {
      try {
        const {workspace: workspace} = await findWorkspace(client, id);
        if (!workspace) return;
      } catch (error) {
        if (!(error instanceof OpenRouterError)) throw error;
        return error.with({
          left: [ `OpenRouter has answered that it has deleted the workspace ${slug}, id ${id}.` ]
        });
      }
      return stillThere({
        slug: slug,
        id: id
      });
    }
    function outputsOfDelete({deleted: deleted, keys: keys}, dryRun) {
      return {
        deleted: String(deleted),
        "deleted-keys": String(dryRun ? 0 : keys.length)
      };
    }
    function summaryOfDelete({workspace: workspace, keys: keys}, {asked: asked, dryRun: dryRun}) {
      if (!workspace) return {
        title: `✅ Gone already: the OpenRouter workspace ${asked}`
      };
      const {name: name, slug: slug, id: id} = workspace;
      const [done, withIt] = dryRun ? [ "🔎 Dry run: would delete", "API keys that would be deleted with it" ] : [ "✅ Deleted", "API keys deleted with it" ];
      return {
        title: `${done} the OpenRouter workspace ${name}`,
        paragraphs: [ `Slug ${slug}, id ${id}. ${withIt}: ${keys.length}.` ],
        table: tableOfKeys(keys)
      };
    }
    function delete_deleteWorkspace() {
      return runStep(async step => {
        const {report: report, clock: clock} = step;
        const inputs = readDeleteInputs();
        const {workspace: asked, dryRun: dryRun} = inputs;
        const result = await deleteOne(inputs, {
          client: connect(inputs, step),
          clock: clock,
          log: report
        }, ({id: id, slug: slug}) => report.output({
          id: id,
          slug: slug
        }));
        report.output(outputsOfDelete(result, dryRun));
        if (result.failure) throw result.failure;
        report.summarize(summaryOfDelete(result, {
          asked: asked,
          dryRun: dryRun
        }));
      });
    }
    const MAX_WORKFLOW = 60;
    const SUFFIXES = 36 ** 6;
    function keyNameOf(env, random) {
      const workflow = [ ...env["GITHUB_WORKFLOW"] ?? "" ].slice(0, MAX_WORKFLOW).join("");
      const run = [ env["GITHUB_RUN_ID"], env["GITHUB_RUN_ATTEMPT"] ].filter(Boolean).join(".");
      const suffix = Math.floor(random * SUFFIXES).toString(36).padStart(6, "0");
      return [ env["GITHUB_REPOSITORY"], workflow, run, env["GITHUB_JOB"], suffix ].filter(Boolean).join(" / ");
    }
    const keyInputs = () => {
      const {name: name, limit: limit, limit_reset: limit_reset, include_byok_in_limit: include_byok_in_limit} = createKeyRequest.shape;
      return object({
        management_key: connection.management_key,
        workspace: idOrSlug(),
        name: optional(name.check(refine(text => text.search(LIKELY_SECRET) < 0, "must not hold a key"))),
        limit_usd: limit,
        limit_reset: limit_reset,
        include_byok_in_limit: include_byok_in_limit,
        expires_in: schemas_default(durationOrNever({
          min: "1m",
          max: "3650d"
        }), toMs("6h")),
        revoke_after_job: flag_flag(true),
        replace: flag_flag(),
        api_url: connection.api_url,
        timeout: connection.timeout
      });
    };
    function keyProblems({limit_reset: reset, replace: replace}, given) {
      return [ ...reset !== void 0 && !given.has("limit_usd") ? [ {
        input: "limit-reset",
        message: "needs limit-usd: without a limit there is none to reset"
      } ] : [], ...replace === true && !given.has("name") ? [ {
        input: "replace",
        message: "needs name: the name that is made up is a new one each time"
      } ] : [] ];
    }
    function readKeyInputs() {
      const read = readInputs(keyInputs(), keyProblems);
      const {limit_reset: reset, include_byok_in_limit: byok} = read;
      return {
        managementKey: read.management_key,
        apiUrl: read.api_url,
        timeoutMs: read.timeout,
        workspace: read.workspace,
        asked: {
          name: read.name ?? keyNameOf(process.env, Math.random()),
          ...read.limit_usd !== void 0 && {
            limit: read.limit_usd
          },
          ...reset !== void 0 && {
            limit_reset: reset
          },
          ...byok !== void 0 && {
            include_byok_in_limit: byok
          }
        },
        nameIsRandom: read.name === void 0,
        expiresInMs: read.expires_in,
        revokeAfterJob: read.revoke_after_job,
        replace: read.replace
      };
    }
    const COMPARED = [ "limit", "limit_reset", "include_byok_in_limit" ];
    function warnOfKeyDrift(key, asked, log) {
      const changes = COMPARED.filter(field => asked[field] !== void 0).filter(field => key[field] !== void 0 && key[field] !== asked[field]).map(field => ({
        field: field,
        from: asked[field],
        to: key[field]
      }));
      const {expires_at: expires_at} = key;
      if (expires_at !== void 0 && secondOf(expires_at) !== secondOf(asked.expires_at)) changes.push({
        field: "expires_at",
        from: asked.expires_at,
        to: expires_at
      });
      if (changes.length === 0) return;
      log.warning(`The API key ${tellKey(key)} is not quite what was asked for`, tellAnswer(changes));
    }
    function secondOf(time) {
      return typeof time === "string" ? Math.floor(Date.parse(time) / 1e3) : null;
    }
    function lostAmong(keys, intent, isNew) {
      const alike = keys.filter(key => isNew(key) && orphans_isAsAsked(key, intent, keys));
      return {
        keys: alike,
        areOurs: intent.isUnique && alike.length <= intent.lost
      };
    }
    function orphans_isAsAsked(key, {asked: asked, nameIsRandom: nameIsRandom}, keys) {
      if (key.name !== asked.name) return false;
      if (nameIsRandom) return true;
      const keepsMs = keys.some(({expires_at: expires_at}) => Date.parse(String(expires_at)) % 1e3 > 0);
      return (key["limit"] ?? null) === (asked.limit ?? null) && expiresAlike(key["expires_at"], asked.expires_at, keepsMs);
    }
    function expiresAlike(theirs, ours, keepsMs) {
      if (ours === null) return (theirs ?? null) === null;
      const [answered, asked] = [ Date.parse(String(theirs)), Date.parse(ours) ];
      const isWhole = answered % 1e3 === 0 && Math.abs(answered - asked) < 1e3;
      return answered === asked || !keepsMs && isWhole;
    }
    function isSince(key, {since: since}) {
      return since === void 0 || wasMadeIn(key, {
        from: since,
        to: Number.POSITIVE_INFINITY
      }) !== false;
    }
    function hashesToSpare({keys: keys, serverTime: serverTime}, asked) {
      const isNamesake = key => key.name === asked.name && isSince(key, {
        since: serverTime
      });
      return keys.filter(isNamesake).map(({hash: hash}) => hash);
    }
    async function mintOnce(intent, isNew, surroundings) {
      const {client: client, log: log, conceal: conceal} = surroundings;
      const giveUp = error => {
        if (!error.facts.mayHaveLanded) orWarn(log, surroundings.withdrawn);
        throw error;
      };
      let lost = 0;
      for (let attempt = 1; ;) {
        const effect = lost > 0 ? `An API key named ${JSON.stringify(intent.asked.name)} whose secret is lost may exist.` : "Nothing was changed at OpenRouter.";
        orFailWith(effect, () => surroundings.posting({
          ...intent,
          lost: lost + 1
        }));
        try {
          return {
            ...await postKey(client, intent.asked, {
              attempt: attempt,
              conceal: conceal
            }),
            lost: lost
          };
        } catch (error) {
          if (!(error instanceof OpenRouterError)) throw error;
          if (!canBeLookedInto(error.facts)) return giveUp(told(error, lost > 0));
          attempt = error.facts.attempts + 1;
          lost += 1;
          log.info(`${whatHappened(error.facts)}. Looking for a key whose secret is lost.`);
          const now = {
            ...intent,
            lost: lost
          };
          const found = await lookInto(error, () => findLost(now, isNew, surroundings));
          if (!found.areOurs && found.keys.length > 0) {
            orWarn(log, surroundings.withdrawn);
            throw new Failure(...unclear(now, found));
          }
          lost -= await deleteLost(found, surroundings);
          if (error.facts.status === 500 && found.keys.length === 0) lost -= 1;
          await nextAttempt(error, lost > 0, client).catch(known => {
            if (!(known instanceof OpenRouterError)) throw known;
            giveUp(known);
          });
        }
      }
    }
    async function findLost(intent, isNew, {client: client}) {
      const {keys: keys} = await listKeys(client, intent.workspace);
      return lostAmong(keys, intent, isNew);
    }
    async function deleteLost({keys: keys}, {client: client, log: log}) {
      const [left] = await deleteEach(keys, client, key => log.info(`Deleted the API key ${tellKey(key)}, whose secret was lost.`));
      if (!left) return keys.length;
      throw left.error.with({
        left: [ `Left behind: the API key ${tellKey(left.key)}, hash ${left.key.hash}. This step made it, but the answer was lost, and with it the secret.` ]
      });
    }
    function unclear({asked: asked, isUnique: isUnique, workspace: workspace}, {keys: keys}) {
      return [ `It cannot be told whose the API keys named ${JSON.stringify(asked.name)} are`, [ `An answer was lost, and since then there is in the workspace ${workspace.slug}: ${keys.map(tellKey).join(", ")}.`, isUnique ? "There are more of them than this step can have made, so none was deleted." : "With expires-in: never and a name of its own, a key of this step looks like that of any other job, so none was deleted.", "See which of them are in use, and delete the others." ] ];
    }
    async function makeKey(request, surroundings) {
      const {clock: clock, log: log, events: events} = surroundings;
      const plan = await planKey(request, surroundings);
      const start = clock.now();
      const minted = await mintOnce(plan.intent, plan.isNew, {
        ...surroundings,
        conceal: events.conceal,
        posting: intended => events.leave({
          intended: intended,
          revoke: true
        }),
        withdrawn: () => events.leave(null)
      });
      const {key: key, lost: lost} = minted;
      const leave = remains => orFailWith(`The API key exists: ${tellKey(key)}, hash ${key.hash}.`, () => events.leave(remains));
      const result = handOver(minted, plan, {
        request: request,
        events: {
          ...events,
          leave: leave
        }
      });
      const seconds = tellSeconds(clock.now() - start);
      const end = result.expiresAt === null ? "never expires" : `expires at ${result.expiresAt}`;
      log.info(`Made it in ${seconds}: ${key.label}, hash ${key.hash}, ${end}.`);
      warnOfKeyDrift(key, plan.intent.asked, log);
      if (lost > 0) {
        const left = await settleLate(minted, plan, surroundings);
        if (left !== lost) leave(remainsOf({
          ...minted,
          lost: left
        }, plan, request));
      }
      if (request.replace) await deleteReplaced(plan.before, key, surroundings);
      log.info(request.revokeAfterJob ? "It will be revoked when the job ends." : "It will not be revoked after the job.");
      return result;
    }
    async function planKey(request, surroundings) {
      const {client: client, log: log} = surroundings;
      const {name: name} = request.asked;
      log.info(`Asked for the API key ${JSON.stringify(name)} in the workspace ${request.workspace}.`);
      const look = await findWorkspace(client, request.workspace);
      const {workspace: workspace} = look;
      if (!workspace) throw absent(request);
      const {id: id, slug: slug} = workspace;
      const list = await listKeys(client, workspace);
      const before = list.keys.filter(key => key.name === name);
      log.info(`The workspace is ${slug}, id ${id}. API keys in it: ${list.keys.length}, of that name: ${before.length}.`);
      const asked = bodyOf(request, look, {
        id: id,
        ...surroundings
      });
      const hashes = new Set(before.map(({hash: hash}) => hash));
      return {
        workspace: workspace,
        intent: {
          workspace: {
            id: id,
            slug: slug
          },
          asked: asked,
          nameIsRandom: request.nameIsRandom,
          isUnique: request.nameIsRandom || asked.expires_at !== null,
          since: list.serverTime,
          before: hashesToSpare(list, asked),
          lost: 0
        },
        before: before,
        isNew: ({hash: hash}) => !hashes.has(hash)
      };
    }
    function absent({workspace: workspace}) {
      return new Failure(`There is no workspace ${workspace}`, [ "No workspace of the account has that id or slug: a step that creates it must come before this one.", "Nothing was changed at OpenRouter." ]);
    }
    function bodyOf({asked: asked, expiresInMs: expiresInMs}, {serverTime: serverTime}, {id: id, random: random, timeOfDay: timeOfDay}) {
      const second = Math.floor((serverTime ?? timeOfDay()) / 1e3) * 1e3;
      const ms = 1 + Math.floor(random() * 999);
      const expires_at = expiresInMs === null ? null : new Date(second + expiresInMs + ms).toISOString();
      return {
        ...asked,
        workspace_id: id,
        expires_at: expires_at
      };
    }
    function handOver(minted, plan, {request: request, events: events}) {
      const {key: key, secret: secret} = minted;
      const {workspace: workspace, intent: intent} = plan;
      events.leave(remainsOf(minted, plan, {
        revokeAfterJob: true
      }));
      if (key.workspace_id !== workspace.id || key.name !== intent.asked.name || !plan.isNew(key)) {
        events.leave(minted.lost > 0 ? {
          intended: {
            ...intent,
            lost: minted.lost
          },
          revoke: false
        } : null);
        throw new Failure("OpenRouter has answered with another API key", [ `Asked for was a new one named ${JSON.stringify(intent.asked.name)} in the workspace ${workspace.id}; the answer was ${tellKey(key)}, hash ${key.hash}, in ${key.workspace_id}.`, "It is not handed out, and is left alone. Tell OpenRouter, and look for a key that nobody has." ]);
      }
      const answered = key["expires_at"];
      const expiresAt = answered === void 0 ? intent.asked.expires_at : timeIn(answered);
      const result = {
        workspace: workspace,
        key: key,
        secret: secret,
        expiresAt: expiresAt
      };
      events.minted(result);
      if (!request.revokeAfterJob) events.leave(remainsOf(minted, plan, request));
      return result;
    }
    function timeIn(answered) {
      return typeof answered === "string" && !Number.isNaN(Date.parse(answered)) ? answered : null;
    }
    function remainsOf({key: {hash: hash, label: label}, lost: lost}, {intent: intent}, {revokeAfterJob: revoke}) {
      if (!revoke && lost === 0) return null;
      return {
        intended: {
          ...intent,
          lost: lost
        },
        minted: {
          hash: hash,
          label: label
        },
        revoke: revoke
      };
    }
    async function settleLate({key: key, lost: lost}, {intent: intent, isNew: isNew}, surroundings) {
      const {log: log} = surroundings;
      const late = {
        ...intent,
        lost: lost
      };
      try {
        const isLate = other => isNew(other) && other.hash !== key.hash;
        const found = await findLost(late, isLate, surroundings);
        if (found.keys.length === 0 || found.areOurs) return lost - await deleteLost(found, surroundings);
        log.warning(...unclear(late, found));
        return 0;
      } catch (error) {
        if (!(error instanceof OpenRouterError)) throw error;
        log.info(`${error.message}. When the job ends, it is looked for again.`);
        return lost;
      }
    }
    async function deleteReplaced(before, key, {client: client, log: log}) {
      const replaced = before.filter(({hash: hash}) => hash !== key.hash);
      const left = await deleteEach(replaced, client, old => log.info(`Deleted the API key ${tellKey(old)}, which the new one replaces.`));
      const [first] = left;
      if (!first) return;
      throw first.error.with({
        doing: `delete ${left.length} of ${replaced.length} API keys that the new one replaces`,
        left: [ `The new API key exists, and is in the outputs: ${tellKey(key)}.`, ...someOf(left.map(({key: old}) => `Left of the old ones: ${tellKey(old)}.`)), "Running this again deletes them, and the new one too." ]
      });
    }
    function outputsOfKey({key: key, workspace: workspace, expiresAt: expiresAt}) {
      return {
        name: key.name,
        hash: key.hash,
        label: key.label,
        "expires-at": expiresAt ?? "",
        "workspace-id": workspace.id,
        "workspace-slug": workspace.slug
      };
    }
    function summaryOfKey(result, request) {
      const {key: key, workspace: workspace, expiresAt: expiresAt} = result;
      return {
        title: `✅ Made the OpenRouter API key ${key.name}`,
        table: {
          header: [ "Field", "Value" ],
          rows: [ [ "Name", {
            code: key.name
          } ], [ "Label", {
            code: key.label
          } ], [ "Hash", {
            code: key.hash
          } ], [ "Workspace", {
            code: `${workspace.slug} (${workspace.id})`
          } ], [ "Limit", limitOf(request) ], [ "Expires", expiresAt === null ? "never" : {
            code: expiresAt
          } ], [ "Revoked after the job", request.revokeAfterJob ? "yes" : "no" ] ]
        }
      };
    }
    function limitOf({asked: {limit: limit, limit_reset: limit_reset}}) {
      if (limit === void 0) return "none";
      return limit_reset === void 0 ? `$${limit}` : `$${limit}, reset ${limit_reset}`;
    }
    function key_key() {
      return runStep(async step => {
        const {report: report, clock: clock} = step;
        leaveProcess(report);
        const inputs = readKeyInputs();
        const {apiUrl: apiUrl, timeoutMs: timeoutMs} = inputs;
        const result = await makeKey(inputs, {
          client: connect(inputs, step),
          clock: clock,
          log: report,
          random: Math.random,
          timeOfDay: Date.now,
          events: {
            conceal: report.conceal,
            leave: remains => report.saveState(CLEAN_UP_STATE, remains && {
              apiUrl: apiUrl,
              timeoutMs: timeoutMs,
              remains: remains
            }),
            minted(made) {
              report.output(outputsOfKey(made));
              report.outputSecret("key", made.secret);
            }
          }
        });
        report.summarize(summaryOfKey(result, inputs));
      });
    }
    function tellRemains({intended: {asked: asked, lost: lost}, minted: minted, revoke: revoke}) {
      const named = JSON.stringify(asked.name);
      return [ ...minted && revoke ? [ `the API key ${named} (${minted.label}), hash ${minted.hash}` ] : [], ...lost > 0 ? [ `an API key named ${named} whose secret nobody has` ] : [] ].join("; ");
    }
    async function cleanUpKeys(remains, surroundings) {
      const outcomes = await Promise.allSettled([ revokeMinted(remains, surroundings), deleteAllLost(remains, surroundings) ]);
      const failed = outcomes.find(({status: status}) => status === "rejected");
      if (failed?.status === "rejected") throw failed.reason;
    }
    async function revokeMinted(remains, {client: client, log: log}) {
      const {intended: intended, minted: minted, revoke: revoke} = remains;
      if (!minted || !revoke) return;
      const key = {
        name: intended.asked.name,
        ...minted
      };
      const wasThere = await deleteKey(client, key);
      log.info(wasThere ? `Revoked the API key ${tellKey(key)}, hash ${key.hash}.` : `The API key ${tellKey(key)}, hash ${key.hash}, was gone already.`);
      remains.revoke = false;
    }
    async function deleteAllLost(remains, surroundings) {
      const {intended: intended, minted: minted} = remains;
      if (intended.lost === 0) return;
      const {log: log} = surroundings;
      const known = new Set([ ...intended.before, minted?.hash ]);
      const isNew = key => !known.has(key.hash) && (intended.nameIsRandom || isSince(key, intended));
      for await (const _ of looks(surroundings)) {
        const found = await findLost(intended, isNew, surroundings);
        if (found.keys.length > 0 && !found.areOurs) {
          log.warning(...unclear(intended, found));
          break;
        }
        intended.lost -= await deleteLost(found, surroundings);
        if (intended.lost === 0) return;
      }
      intended.lost = 0;
    }
    function keyPost() {
      return runCleanUp({
        remains: remainsOfKey(),
        cleanUp: cleanUpKeys,
        tell: remains => remains ? tellRemains(remains) : "whatever API key the step made"
      });
    }
    function fixedPrefix(glob) {
      return glob.split(/[*?]/, 1)[0] ?? "";
    }
    function matches(glob, text) {
      let [at, next] = [ 0, 0 ];
      let [star, reach] = [ -1, 0 ];
      while (at < text.length) if (glob[next] === "*") {
        [star, reach] = [ next, at ];
        next += 1;
      } else if (glob[next] === "?" || glob[next] === text[at]) {
        next += 1;
        at += 1;
      } else if (star >= 0) {
        reach += 1;
        [next, at] = [ star + 1, reach ];
      } else return false;
      return /^\**$/.test(glob.slice(next));
    }
    const GLOB = "must be a slug, in which * stands for any characters and ? for any one";
    const glob = () => schemas_string(GLOB).check(_regex(/^[a-z0-9?*-]+$/, GLOB));
    const MIN_PREFIX = 2;
    const COUNT = "must be a whole number, 1 or more";
    const sweepInputs = () => object({
      management_key: connection.management_key,
      slug_pattern: glob().check(refine(pattern => fixedPrefix(pattern).length >= MIN_PREFIX, `must begin with ${MIN_PREFIX} characters of a slug or more, before any * or ?`)),
      older_than: duration_duration({
        min: "1m",
        max: "3650d"
      }),
      keep: schemas_default(array(glob(), "must be a list of slugs"), []),
      delete_keys: flag_flag(),
      max_deletions: schemas_default(schemas_int(COUNT).check(_gte(1, COUNT)), 50),
      dry_run: flag_flag(),
      api_url: connection.api_url,
      timeout: timeout("10m")
    });
    function readSweepInputs() {
      const read = readInputs(sweepInputs());
      return {
        managementKey: read.management_key,
        apiUrl: read.api_url,
        timeoutMs: read.timeout,
        slugPattern: read.slug_pattern,
        olderThanMs: read.older_than,
        keep: read.keep,
        deleteKeys: read.delete_keys,
        maxDeletions: read.max_deletions,
        dryRun: read.dry_run
      };
    }
    const format_UNITS = [ {
      ms: 864e5,
      name: "d"
    }, {
      ms: 36e5,
      name: "h"
    }, {
      ms: 6e4,
      name: "min"
    }, {
      ms: 1e3,
      name: "s"
    } ];
    function tellAge(ms) {
      let rest = Math.max(0, ms);
      const parts = format_UNITS.map(({ms: unit, name: name}) => {
        const count = Math.floor(rest / unit);
        rest -= count * unit;
        return {
          count: count,
          text: `${count} ${name}`
        };
      });
      const first = parts.findIndex(({count: count}) => count > 0);
      if (first < 0) return "0 s";
      const shown = parts.slice(first, first + 2).filter(({count: count}) => count > 0);
      return shown.map(({text: text}) => text).join(" ");
    }
    const MAX_REMEMBERED = 1e3;
    const SHARE = .2;
    async function sweep(request, surroundings) {
      const {log: log, clock: clock} = surroundings;
      const start = clock.now();
      const found = await findStale(request, surroundings);
      const {stale: stale, kept: kept, notStale: notStale} = found;
      log.info(`Found ${found.count} that are stale, and ${notStale} more that stay.`);
      const nothing = {
        deleted: [],
        failed: [],
        wouldDelete: [],
        spared: []
      };
      const result = {
        ...nothing,
        kept: kept,
        stale: found.count,
        notStale: notStale
      };
      if (found.count > request.maxDeletions) {
        for (const {slug: slug, reason: reason} of stale) log.info(`  ${slug}, ${reason}: ${TOO_MANY}.`);
        return {
          ...result,
          spared: stale.map(fate => ({
            ...fate,
            reason: TOO_MANY
          }))
        };
      }
      if (request.dryRun) {
        for (const {slug: slug, reason: reason} of stale) log.info(`  ${slug}, ${reason}: would be deleted.`);
        log.info("This is a dry run: nothing was deleted.");
        return {
          ...result,
          wouldDelete: stale
        };
      }
      const deleted = [];
      const failed = [];
      await pLimit(AT_ONCE).map(stale, async fate => {
        const failure = await deleteStale(fate, request, surroundings);
        if (failure === void 0) deleted.push(fate); else failed.push({
          ...fate,
          reason: failure
        });
      });
      const seconds = tellSeconds(clock.now() - start);
      log.info(`Deleted ${deleted.length} of ${found.count}, in ${seconds}.`);
      return {
        ...result,
        deleted: deleted,
        failed: failed
      };
    }
    const TOO_MANY = "stale, but there are more than max-deletions allows";
    async function findStale(request, {client: client, log: log}) {
      log.info(`Looking for workspaces with a slug like ${request.slugPattern} that are older than ${tellAge(request.olderThanMs)}.`);
      const found = {
        stale: [],
        count: 0,
        kept: [],
        notStale: 0
      };
      for await (const {items: items, serverTime: serverTime} of listWorkspaces(client)) for (const workspace of items.filter(({slug: slug}) => matches(request.slugPattern, slug))) {
        const age = ageOf(workspace, serverTime);
        const reason = reasonToKeep(workspace, age, request);
        if (reason === void 0) {
          found.count += 1;
          const fate = fateOf(workspace, age, `${tellAge(age ?? 0)} old`);
          if (found.stale.length < Math.max(request.maxDeletions, MAX_REMEMBERED)) found.stale.push(fate);
        } else {
          found.notStale += 1;
          if (found.kept.length < MAX_REMEMBERED) found.kept.push(fateOf(workspace, age, reason));
        }
      }
      return found;
    }
    function fateOf({id: id, slug: slug, created_at: created_at}, age, reason) {
      return {
        id: id,
        slug: slug,
        created_at: typeof created_at === "string" ? created_at : null,
        age: age,
        reason: reason
      };
    }
    function ageOf(workspace, serverTime) {
      const made = createdAt(workspace);
      return serverTime === void 0 || made === void 0 ? void 0 : serverTime - made;
    }
    function reasonToKeep({slug: slug}, age, {keep: keep, olderThanMs: olderThanMs}) {
      if (slug === "default") return "the default workspace";
      const keeper = keep.find(glob => matches(glob, slug));
      if (keeper !== void 0) return `in keep, as ${keeper}`;
      if (age === void 0) return "of an age that cannot be told";
      return age > olderThanMs ? void 0 : `only ${tellAge(age)} old`;
    }
    async function deleteStale(workspace, {deleteKeys: deleteKeys, timeoutMs: timeoutMs}, surroundings) {
      const {log: log, signal: signal} = surroundings;
      const client = surroundings.client.within(timeoutMs * SHARE);
      if (signal.aborted) return `was not begun: ${signal.reason.message}`;
      const options = {
        deleteKeys: deleteKeys,
        looksAgain: false
      };
      const {deletedKeys: deletedKeys, failure: failure} = await tearDown(workspace, options, {
        ...surroundings,
        client: client
      });
      if (!failure) {
        log.info(`Deleted ${workspace.slug}, id ${workspace.id}, ${workspace.reason}. API keys deleted: ${deletedKeys.length}.`);
        return;
      }
      const done = deletedKeys.length > 0 ? [ `API keys deleted: ${deletedKeys.length}` ] : [];
      const why = [ ...shortly(failure), ...done ].join("; ");
      log.info(`Could not delete ${workspace.slug}, id ${workspace.id}: ${why}`);
      return why;
    }
    function shortly(failure) {
      if (failure instanceof OpenRouterError) return linesOf(failure.facts);
      return [ `${failure.title}: ${failure.lines[0]}` ];
    }
    const MAX_LIST = 1e5;
    function outputsOfSweep(result) {
      const {deleted: deleted, wouldDelete: wouldDelete, spared: spared, kept: kept, failed: failed} = result;
      return {
        deleted: list(deleted),
        "would-delete": list(wouldDelete),
        kept: list([ ...spared, ...kept ]),
        failed: list(failed),
        count: String(deleted.length)
      };
    }
    function list(fates) {
      const entries = fates.map(({id: id, slug: slug, created_at: created_at, reason: reason}) => JSON.stringify({
        id: id,
        slug: slug,
        created_at: created_at,
        reason: reason
      }));
      return `[${fitting(entries, MAX_LIST).join(",")}]`;
    }
    const MAX_NAMED = 10;
    function leakOf(result) {
      const {stale: stale, deleted: deleted, failed: failed, wouldDelete: wouldDelete, spared: spared} = result;
      if (stale === 0) return;
      const found = [ ...failed, ...deleted, ...wouldDelete, ...spared ];
      const named = found.slice(0, MAX_NAMED).map(({slug: slug}) => slug);
      const more = stale > named.length ? ` and ${stale - named.length} more` : "";
      return [ `${countOf(stale)} left behind by a teardown`, [ `Found: ${named.join(", ")}${more}.`, "Each should have been deleted by the workflow that made it: see why it was not." ] ];
    }
    function failureOf(result, request) {
      const {stale: stale, failed: failed} = result;
      const {maxDeletions: maxDeletions} = request;
      if (stale > maxDeletions) return new Failure(`Stale: ${countOf(stale)}, and max-deletions is ${maxDeletions}`, [ "Is slug-pattern, older-than or keep not what was meant? If it is, raise max-deletions.", "Nothing was deleted." ], tableOf(result));
      if (failed.length === 0) return;
      return new Failure(`${failed.length} of ${countOf(stale)} could not be deleted`, [ ...someOf(failed.map(({slug: slug, reason: reason}) => `${slug}: ${reason}`), MAX_NAMED), "Running this again tries them again." ], tableOf(result));
    }
    function summaryOfSweep(result, {dryRun: dryRun}) {
      const {deleted: deleted, stale: stale, notStale: notStale} = result;
      return {
        title: dryRun ? `🔎 Dry run: would delete ${countOf(stale)}` : `✅ Deleted ${countOf(deleted.length)}`,
        paragraphs: [ `${countOf(notStale)} with a slug of the pattern stayed.` ],
        table: tableOf(result)
      };
    }
    function tableOf(result) {
      const {failed: failed, deleted: deleted, wouldDelete: wouldDelete, spared: spared, kept: kept, stale: stale, notStale: notStale} = result;
      const rows = (fates, done) => fates.map(({slug: slug, age: age, reason: reason}) => [ {
        code: slug
      }, age === void 0 ? "unknown" : tellAge(age), done(reason) ]);
      const stayed = reason => `kept: ${reason}`;
      const shown = [ ...rows(failed, reason => `❌ could not be deleted: ${reason}`), ...rows(deleted, () => "deleted"), ...rows(wouldDelete, () => "would be deleted"), ...rows(spared, stayed), ...rows(kept, stayed) ];
      return {
        header: [ "Workspace", "Age", "What was done" ],
        rows: shown,
        more: stale + notStale - shown.length
      };
    }
    function countOf(workspaces) {
      return workspaces === 1 ? "1 workspace" : `${workspaces} workspaces`;
    }
    function sweep_sweep() {
      return runStep(async step => {
        const {report: report, clock: clock, signal: signal} = step;
        const inputs = readSweepInputs();
        const result = await sweep(inputs, {
          client: connect(inputs, step),
          clock: clock,
          log: report,
          signal: signal
        });
        report.output(outputsOfSweep(result));
        const leak = leakOf(result);
        if (leak) report.warning(...leak);
        const failure = failureOf(result, inputs);
        if (failure) throw failure;
        report.summarize(summaryOfSweep(result, inputs));
      });
    }
  })();
  module.exports = __webpack_exports__;
})();
