(()=>{"use strict"
var __nccwpck_require__={d:(exports,definition)=>{for(var key in definition)__nccwpck_require__.o(definition,key)&&!__nccwpck_require__.o(exports,key)&&Object.defineProperty(exports,key,{enumerable:!0,get:definition[key]})},o:(obj,prop)=>Object.prototype.hasOwnProperty.call(obj,prop),r:exports=>{typeof Symbol!="undefined"&&Symbol.toStringTag&&Object.defineProperty(exports,Symbol.toStringTag,{value:"Module"})
Object.defineProperty(exports,"__esModule",{value:!0})}},__webpack_exports__={}
__nccwpck_require__.r(__webpack_exports__)
__nccwpck_require__.d(__webpack_exports__,{create:()=>create,"create-post":()=>createPost,delete:()=>main_deleteWorkspace,"end-key":()=>main_endKey,key:()=>main_key,"key-post":()=>keyPost,preview:()=>preview,"preview-post":()=>previewPost,sweep:()=>main_sweep,"unseal-key":()=>unsealKey,usage:()=>usage})
class Cancellation extends Error{name="Cancellation"
received
constructor(received){super(`the run was cancelled (${received})`)
this.received=received}}function isCancelled({reason}){return reason instanceof Cancellation}function throwIfCancelled(signal){if(isCancelled(signal))throw signal.reason}const external_os_namespaceObject=require("os")
function utils_toCommandValue(input){return input===null||input===void 0?"":typeof input=="string"||input instanceof String?input:JSON.stringify(input)}function toCommandProperties(annotationProperties){return Object.keys(annotationProperties).length?{title:annotationProperties.title,file:annotationProperties.file,line:annotationProperties.startLine,endLine:annotationProperties.endLine,col:annotationProperties.startColumn,endColumn:annotationProperties.endColumn}:{}}function command_issueCommand(command,properties,message){const cmd=new Command(command,properties,message)
process.stdout.write(cmd.toString()+external_os_namespaceObject.EOL)}function command_issue(name,message=""){command_issueCommand(name,{},message)}class Command{constructor(command,properties,message){command||(command="missing.command")
this.command=command
this.properties=properties
this.message=message}toString(){let cmdStr="::"+this.command
if(this.properties&&Object.keys(this.properties).length>0){cmdStr+=" "
let first=!0
for(const key in this.properties)if(this.properties.hasOwnProperty(key)){const val=this.properties[key]
if(val){first?first=!1:cmdStr+=","
cmdStr+=`${key}=${escapeProperty(val)}`}}}cmdStr+=`::${s=this.message,utils_toCommandValue(s).replace(/%/g,"%25").replace(/\r/g,"%0D").replace(/\n/g,"%0A")}`
var s
return cmdStr}}function escapeProperty(s){return utils_toCommandValue(s).replace(/%/g,"%25").replace(/\r/g,"%0D").replace(/\n/g,"%0A").replace(/:/g,"%3A").replace(/,/g,"%2C")}const external_crypto_namespaceObject=require("crypto"),external_fs_namespaceObject=require("fs")
function file_command_issueFileCommand(command,message){const filePath=process.env[`GITHUB_${command}`]
if(!filePath)throw new Error(`Unable to find environment variable for file command ${command}`)
if(!external_fs_namespaceObject.existsSync(filePath))throw new Error(`Missing file at path: ${filePath}`)
external_fs_namespaceObject.appendFileSync(filePath,`${utils_toCommandValue(message)}${external_os_namespaceObject.EOL}`,{encoding:"utf8"})}function file_command_prepareKeyValueMessage(key,value){const delimiter=`ghadelimiter_${external_crypto_namespaceObject.randomUUID()}`,convertedValue=utils_toCommandValue(value)
if(key.includes(delimiter))throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter}"`)
if(convertedValue.includes(delimiter))throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter}"`)
return`${key}<<${delimiter}${external_os_namespaceObject.EOL}${convertedValue}${external_os_namespaceObject.EOL}${delimiter}`}function getProxyUrl(reqUrl){const usingSsl=reqUrl.protocol==="https:"
if(checkBypass(reqUrl))return
const proxyVar=usingSsl?process.env.https_proxy||process.env.HTTPS_PROXY:process.env.http_proxy||process.env.HTTP_PROXY
if(proxyVar)try{return new DecodedURL(proxyVar)}catch(_a){if(!proxyVar.startsWith("http://")&&!proxyVar.startsWith("https://"))return new DecodedURL(`http://${proxyVar}`)}}function checkBypass(reqUrl){if(!reqUrl.hostname)return!1
if(isLoopbackAddress(reqUrl.hostname))return!0
const noProxy=process.env.no_proxy||process.env.NO_PROXY||""
if(!noProxy)return!1
let reqPort
reqUrl.port?reqPort=Number(reqUrl.port):reqUrl.protocol==="http:"?reqPort=80:reqUrl.protocol==="https:"&&(reqPort=443)
const upperReqHosts=[reqUrl.hostname.toUpperCase()]
typeof reqPort=="number"&&upperReqHosts.push(`${upperReqHosts[0]}:${reqPort}`)
for(const upperNoProxyItem of noProxy.split(",").map(x=>x.trim().toUpperCase()).filter(x=>x))if(upperNoProxyItem==="*"||upperReqHosts.some(x=>x===upperNoProxyItem||x.endsWith(`.${upperNoProxyItem}`)||upperNoProxyItem.startsWith(".")&&x.endsWith(`${upperNoProxyItem}`)))return!0
return!1}function isLoopbackAddress(host){const hostLower=host.toLowerCase()
return hostLower==="localhost"||hostLower.startsWith("127.")||hostLower.startsWith("[::1]")||hostLower.startsWith("[0:0:0:0:0:0:0:1]")}class DecodedURL extends URL{constructor(url,base){super(url,base)
this._decodedUsername=decodeURIComponent(super.username)
this._decodedPassword=decodeURIComponent(super.password)}get username(){return this._decodedUsername}get password(){return this._decodedPassword}}var HttpCodes,Headers,MediaTypes
!function(HttpCodes){HttpCodes[HttpCodes.OK=200]="OK"
HttpCodes[HttpCodes.MultipleChoices=300]="MultipleChoices"
HttpCodes[HttpCodes.MovedPermanently=301]="MovedPermanently"
HttpCodes[HttpCodes.ResourceMoved=302]="ResourceMoved"
HttpCodes[HttpCodes.SeeOther=303]="SeeOther"
HttpCodes[HttpCodes.NotModified=304]="NotModified"
HttpCodes[HttpCodes.UseProxy=305]="UseProxy"
HttpCodes[HttpCodes.SwitchProxy=306]="SwitchProxy"
HttpCodes[HttpCodes.TemporaryRedirect=307]="TemporaryRedirect"
HttpCodes[HttpCodes.PermanentRedirect=308]="PermanentRedirect"
HttpCodes[HttpCodes.BadRequest=400]="BadRequest"
HttpCodes[HttpCodes.Unauthorized=401]="Unauthorized"
HttpCodes[HttpCodes.PaymentRequired=402]="PaymentRequired"
HttpCodes[HttpCodes.Forbidden=403]="Forbidden"
HttpCodes[HttpCodes.NotFound=404]="NotFound"
HttpCodes[HttpCodes.MethodNotAllowed=405]="MethodNotAllowed"
HttpCodes[HttpCodes.NotAcceptable=406]="NotAcceptable"
HttpCodes[HttpCodes.ProxyAuthenticationRequired=407]="ProxyAuthenticationRequired"
HttpCodes[HttpCodes.RequestTimeout=408]="RequestTimeout"
HttpCodes[HttpCodes.Conflict=409]="Conflict"
HttpCodes[HttpCodes.Gone=410]="Gone"
HttpCodes[HttpCodes.TooManyRequests=429]="TooManyRequests"
HttpCodes[HttpCodes.InternalServerError=500]="InternalServerError"
HttpCodes[HttpCodes.NotImplemented=501]="NotImplemented"
HttpCodes[HttpCodes.BadGateway=502]="BadGateway"
HttpCodes[HttpCodes.ServiceUnavailable=503]="ServiceUnavailable"
HttpCodes[HttpCodes.GatewayTimeout=504]="GatewayTimeout"}(HttpCodes||(HttpCodes={}))
!function(Headers){Headers.Accept="accept"
Headers.ContentType="content-type"}(Headers||(Headers={}))
!function(MediaTypes){MediaTypes.ApplicationJson="application/json"}(MediaTypes||(MediaTypes={}))
function lib_getProxyUrl(serverUrl){const proxyUrl=getProxyUrl(new URL(serverUrl))
return proxyUrl?proxyUrl.href:""}Error
process
process
external_os_namespaceObject.platform(),external_os_namespaceObject.arch()
var ExitCode
!function(ExitCode){ExitCode[ExitCode.Success=0]="Success"
ExitCode[ExitCode.Failure=1]="Failure"}(ExitCode||(ExitCode={}))
function core_setSecret(secret){command_issueCommand("add-mask",{},secret)}function getInput(name,options){const val=process.env[`INPUT_${name.replace(/ /g,"_").toUpperCase()}`]||""
if(options&&options.required&&!val)throw new Error(`Input required and not supplied: ${name}`)
return options&&options.trimWhitespace===!1?val:val.trim()}function setOutput(name,value){if(process.env.GITHUB_OUTPUT)return file_command_issueFileCommand("OUTPUT",file_command_prepareKeyValueMessage(name,value))
process.stdout.write(external_os_namespaceObject.EOL)
command_issueCommand("set-output",{name},utils_toCommandValue(value))}function core_error(message,properties={}){command_issueCommand("error",toCommandProperties(properties),message instanceof Error?message.toString():message)}function core_warning(message,properties={}){command_issueCommand("warning",toCommandProperties(properties),message instanceof Error?message.toString():message)}function notice(message,properties={}){command_issueCommand("notice",toCommandProperties(properties),message instanceof Error?message.toString():message)}function core_info(message){process.stdout.write(message+external_os_namespaceObject.EOL)}function saveState(name,value){if(process.env.GITHUB_STATE)return file_command_issueFileCommand("STATE",file_command_prepareKeyValueMessage(name,value))
command_issueCommand("save-state",{name},utils_toCommandValue(value))}function getState(name){return process.env[`STATE_${name}`]||""}function getEnumValues(entries){const numericValues=Object.values(entries).filter(v=>typeof v=="number")
return Object.entries(entries).filter(([k,_])=>numericValues.indexOf(+k)===-1).map(([_,v])=>v)}function jsonStringifyReplacer(_,value){return typeof value=="bigint"?value.toString():value}class Cached{constructor(getter){this._getter=getter
this._value=void 0}get value(){const getter=this._getter
if(getter!==void 0){this._value=getter()
this._getter=void 0}return this._value}}function cached(getter){return new Cached(getter)}function cleanRegex(source){const start=source.startsWith("^")?1:0,end=source.endsWith("$")?source.length-1:source.length
return source.slice(start,end)}function assignProp(target,prop,value){Object.defineProperty(target,prop,{value,writable:!0,enumerable:!0,configurable:!0})}function rawShape(def){const desc=Object.getOwnPropertyDescriptor(def,"shape")
return desc?.get?desc.get.raw:desc?.value}const captureStackTrace="captureStackTrace"in Error?Error.captureStackTrace:(..._args)=>{}
function util_isObject(data){return typeof data=="object"&&data!==null&&!Array.isArray(data)}function isPlainObject(o){if(util_isObject(o)===!1)return!1
const ctor=o.constructor
if(ctor===void 0)return!0
if(typeof ctor!="function")return!0
const prot=ctor.prototype
return util_isObject(prot)!==!1&&Object.prototype.hasOwnProperty.call(prot,"isPrototypeOf")!==!1}const propertyKeyTypes=new Set(["string","number","symbol"])
function escapeRegex(str){return str.replace(/[.*+?^${}()|[\]\\]/g,"\\$&")}function clone(inst,def,params){const cl=new inst._zod.constr(def??inst._zod.def)
def&&!params?.parent||(cl._zod.parent=inst)
return cl}function normalizeParams(_params){const params=_params
if(!params)return{}
if(typeof params=="string")return{error:()=>params}
if(params?.message!==void 0){if(params?.error!==void 0)throw new Error("Cannot specify both `message` and `error` params")
params.error=params.message}delete params.message
return typeof params.error=="string"?{...params,error:()=>params.error}:params}const NUMBER_FORMAT_RANGES=(()=>({safeint:[Number.MIN_SAFE_INTEGER,Number.MAX_SAFE_INTEGER],int32:[-2147483648,2147483647],uint32:[0,4294967295],float32:[-34028234663852886e22,34028234663852886e22],float64:[-Number.MAX_VALUE,Number.MAX_VALUE]}))()
function aborted(x,startIndex=0){if(x.aborted===!0)return!0
for(let i=startIndex;i<x.issues.length;i++)if(x.issues[i]?.continue!==!0)return!0
return!1}function explicitlyAborted(x,startIndex=0){if(x.aborted===!0)return!0
for(let i=startIndex;i<x.issues.length;i++)if(x.issues[i]?.continue===!1)return!0
return!1}function prefixIssues(path,issues){return issues.map(iss=>{var _a;(_a=iss).path??(_a.path=[])
iss.path.unshift(path)
return iss})}function unwrapMessage(message){return typeof message=="string"?message:message?.message}function sizeCaps(defChecks){const caps=[]
for(const ch of defChecks??[]){const d=ch._zod.def
if(!/_(length|size)$|_equals$/.test(d.check))break
const max=d.maximum??d.length??d.size
max>=0&&caps.push([max,ch])}return caps}function attachSchema(issues,start,inst){var _a
for(let i=start;i<issues.length;i++)(_a=issues[i]).schema??(_a.schema=inst)}function finalizeIssue(iss,ctx,config){var _a
const traits=iss.inst?._zod?.traits
traits?.has("$ZodType")&&(traits.has("$ZodCheck")?(_a=iss).schema??(_a.schema=iss.inst):iss.schema=iss.inst)
const schemaError=iss.schema!==iss.inst?iss.schema?._zod.def?.error:void 0,message=iss.message?iss.message:unwrapMessage(iss.inst?._zod.def?.error?.(iss))??unwrapMessage(schemaError?.(iss))??unwrapMessage(ctx?.error?.(iss))??unwrapMessage(config.customError?.(iss))??unwrapMessage(config.localeError?.(iss))??"Invalid input",full={}
for(const k of Object.keys(iss))k!=="inst"&&k!=="schema"&&k!=="continue"&&k!=="input"&&k!=="__proto__"&&(full[k]=iss[k])
full.path??(full.path=[])
full.message=message
ctx?.reportInput&&(full.input=iss.input)
return full}function util_issue(...args){const[iss,input,inst]=args
return typeof iss=="string"?{message:iss,code:"custom",input,inst}:{...iss}}function members(proto,table){for(const key in table){const desc=Object.getOwnPropertyDescriptor(table,key)
desc.get?Object.defineProperty(proto,key,{...desc,enumerable:!1}):defineBound(proto,key,desc.value)}}function own(inst,key,value,enumerable=!0){Object.defineProperty(inst,key,{configurable:!0,writable:!0,enumerable,value})
return value}function hide(inst,key,value){return own(inst,key,value,!1)}function defineBound(proto,key,fn){Object.defineProperty(proto,key,{configurable:!0,get(){return this==null?fn:own(this,key,fn.bind(this))},set(value){own(this,key,value)}})}function claim(inst,sentinel){const proto=Object.getPrototypeOf(inst)
return sentinel in proto?void 0:proto}let installing,broke=!1
const breaker={configurable:!0,get(){broke=!0}}
function defineLazyInternal(inst,key,compute){const proto=Object.getPrototypeOf(inst._zod)
if(key in proto&&installing!==inst._zod)installing=void 0
else{installing=inst._zod
Object.defineProperty(proto,key,{configurable:!0,get(){Object.defineProperty(this,key,breaker)
const outer=broke
broke=!1
try{const value=compute(this)
broke?delete this[key]:Object.defineProperty(this,key,{configurable:!0,writable:!0,value})
broke=broke||outer
return value}catch(err){delete this[key]
broke=broke||outer
throw err}},set(value){Object.defineProperty(this,key,{configurable:!0,writable:!0,value})}})}}function installLazyProp(inst,key,make,enumerable){const proto=claim(inst,key)
proto&&Object.defineProperty(proto,key,{configurable:!0,get(){const desc={configurable:!0,writable:!0,enumerable,value:void 0}
Object.defineProperty(this,key,desc)
desc.value=make(this)
Object.defineProperty(this,key,desc)
return desc.value},set(value){Object.defineProperty(this,key,{configurable:!0,writable:!0,enumerable,value})}})}function constantCatch(value){const fn=()=>value
fn["~constantCatch"]=!0
return fn}var _a
const NEVER=Object.freeze({status:"aborted"}),_zodDesc={value:void 0,enumerable:!1}
let _E="captureStackTrace"in Error?Error:null
function newError(Definition){const E=_E
if(E){const saved=E.stackTraceLimit
if(typeof saved=="number"){try{E.stackTraceLimit=0}catch{_E=null
return new Definition}try{return new Definition}finally{E.stackTraceLimit=saved}}}return new Definition}function $constructor(name,initializer,proto,params){function Internals(def){this.def=def
this.constr=_
this.traits=new Set}Internals.prototype={}
const protoMembers=proto,initialized=protoMembers&&new WeakSet
function init(inst,def){if(inst._zod){if(inst._zod.traits.has(name))return}else{_zodDesc.value=new Internals(def)
try{Object.defineProperty(inst,"_zod",_zodDesc)}finally{_zodDesc.value=void 0}}inst._zod.traits.add(name)
initializer(inst,def)
if(initialized){const own=Object.getPrototypeOf(inst),ctorProto=inst._zod.constr.prototype
let up=own
for(;up&&up!==ctorProto;)up=Object.getPrototypeOf(up)
const target=up??own
if(!initialized.has(target)){initialized.add(target)
members(target,protoMembers)}}const proto=_.prototype
for(const k in proto)Object.prototype.hasOwnProperty.call(proto,k)&&(k in inst||(inst[k]=proto[k].bind(inst)))}const Parent=params?.Parent??Object
class Definition extends Parent{}Object.defineProperty(Definition,"name",{value:name})
function _(def){const inst=params?.Parent?newError(Definition):this
init(inst,def)
const deferred=inst._zod.deferred
if(deferred){for(const fn of deferred)fn()
inst._zod.deferred=void 0}const pp=globalThis.__zod_globalConfig?.postProcessor
pp&&pp(inst)
return inst}Object.defineProperty(_,"init",{value:init})
Object.defineProperty(_,Symbol.hasInstance,{value:inst=>!!(params?.Parent&&inst instanceof params.Parent)||inst?._zod?.traits?.has(name)})
Object.defineProperty(_,"name",{value:name})
return _}class $ZodAsyncError extends Error{constructor(){super("Encountered Promise during synchronous parse. Use .parseAsync() instead.")}}class $ZodEncodeError extends Error{constructor(name){super(`Encountered unidirectional transform during encode: ${name}`)
this.name="ZodEncodeError"}}(_a=globalThis).__zod_globalConfig??(_a.__zod_globalConfig={})
const core_globalConfig=globalThis.__zod_globalConfig
function config(newConfig){newConfig&&Object.assign(core_globalConfig,newConfig)
return core_globalConfig}const $ZodCheck=$constructor("$ZodCheck",(inst,def)=>{var _a
inst._zod??(inst._zod={})
inst._zod.def=def;(_a=inst._zod).onattach??(_a.onattach=[])}),numericOriginMap={number:"number",bigint:"bigint",object:"date"},$ZodCheckLessThan=$constructor("$ZodCheckLessThan",(inst,def)=>{$ZodCheck.init(inst,def)
const origin=numericOriginMap[typeof def.value]
inst._zod.check=payload=>{(def.inclusive?payload.value<=def.value:payload.value<def.value)||payload.issues.push({origin:numericOriginMap[typeof payload.value]??origin,code:"too_big",maximum:typeof def.value=="object"?def.value.getTime():def.value,input:payload.value,inclusive:def.inclusive,inst,continue:!def.abort})}}),$ZodCheckGreaterThan=$constructor("$ZodCheckGreaterThan",(inst,def)=>{$ZodCheck.init(inst,def)
const origin=numericOriginMap[typeof def.value]
inst._zod.check=payload=>{(def.inclusive?payload.value>=def.value:payload.value>def.value)||payload.issues.push({origin:numericOriginMap[typeof payload.value]??origin,code:"too_small",minimum:typeof def.value=="object"?def.value.getTime():def.value,input:payload.value,inclusive:def.inclusive,inst,continue:!def.abort})}}),$ZodCheckNumberFormat=$constructor("$ZodCheckNumberFormat",(inst,def)=>{$ZodCheck.init(inst,def)
def.format=def.format||"float64"
const isInt=def.format?.includes("int"),origin=isInt?"int":"number",[minimum,maximum]=NUMBER_FORMAT_RANGES[def.format]
inst._zod.check=payload=>{const input=payload.value
if(isInt){if(!Number.isInteger(input)){payload.issues.push({expected:origin,format:def.format,code:"invalid_type",continue:!1,input,inst})
return}if(!Number.isSafeInteger(input)){payload.issues.push(input>0?{input,code:"too_big",maximum:Number.MAX_SAFE_INTEGER,note:"Integers must be within the safe integer range.",inst,origin,inclusive:!0,continue:!def.abort}:{input,code:"too_small",minimum:Number.MIN_SAFE_INTEGER,note:"Integers must be within the safe integer range.",inst,origin,inclusive:!0,continue:!def.abort})
return}}input<minimum&&payload.issues.push({origin:"number",input,code:"too_small",minimum,inclusive:!0,inst,continue:!def.abort})
input>maximum&&payload.issues.push({origin:"number",input,code:"too_big",maximum,inclusive:!0,inst,continue:!def.abort})}}),$ZodCheckStringFormat=$constructor("$ZodCheckStringFormat",(inst,def)=>{var _a,_b
$ZodCheck.init(inst,def)
def.pattern?(_a=inst._zod).check??(_a.check=payload=>{def.pattern.lastIndex=0
def.pattern.test(payload.value)||payload.issues.push({origin:"string",code:"invalid_format",format:def.format,input:payload.value,...def.pattern?{pattern:def.pattern.toString()}:{},inst,continue:!def.abort})}):(_b=inst._zod).check??(_b.check=()=>{})}),$ZodCheckRegex=$constructor("$ZodCheckRegex",(inst,def)=>{$ZodCheckStringFormat.init(inst,def)
inst._zod.check=payload=>{def.pattern.lastIndex=0
def.pattern.test(payload.value)||payload.issues.push({origin:"string",code:"invalid_format",format:"regex",input:payload.value,pattern:def.pattern.toString(),inst,continue:!def.abort})}}),guid=/^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})$/,anyString=/^[\s\S]{0,}$/,number=/^-?\d+(?:\.\d+)?$/,regexes_boolean=/^(?:true|false)$/i,version={major:4,minor:6,patch:7},$ZodType=$constructor("$ZodType",(inst,def)=>{var _a
inst??(inst={})
inst._zod.def=def
inst._zod.bag=inst._zod.bag||{}
inst._zod.version=version
const defChecks=inst._zod.def.checks,checks=inst._zod.traits.has("$ZodCheck")?[inst,...defChecks??[]]:defChecks?.length?[...defChecks]:[]
for(const ch of checks)for(const fn of ch._zod.onattach)fn(inst)
if(checks.length===0){(_a=inst._zod).deferred??(_a.deferred=[])
inst._zod.deferred?.push(()=>{inst._zod.run=inst._zod.parse})}else{const runChecks=(payload,checks,ctx)=>{if(payload.memo)return payload
let asyncResult,isAborted=aborted(payload)
for(const ch of checks){if(ch._zod.def.when){if(explicitlyAborted(payload))continue
if(!ch._zod.def.when(payload))continue}else if(isAborted)continue
const currLen=payload.issues.length,_=ch._zod.check(payload)
if(_ instanceof Promise&&ctx?.async===!1)throw new $ZodAsyncError
if(asyncResult||_ instanceof Promise)asyncResult=(asyncResult??Promise.resolve()).then(async()=>{await _
if(payload.issues.length!==currLen){attachSchema(payload.issues,currLen,inst)
isAborted||(isAborted=aborted(payload,currLen))}})
else{if(payload.issues.length===currLen)continue
attachSchema(payload.issues,currLen,inst)
isAborted||(isAborted=aborted(payload,currLen))}}return asyncResult?asyncResult.then(()=>payload):payload},handleCanaryResult=(canary,payload,ctx)=>{if(aborted(canary)){canary.aborted=!0
return canary}const checkResult=runChecks(payload,checks,ctx)
if(checkResult instanceof Promise){if(ctx.async===!1)throw new $ZodAsyncError
return checkResult.then(checkResult=>inst._zod.parse(checkResult,ctx))}return inst._zod.parse(checkResult,ctx)}
inst._zod.run=(payload,ctx)=>{if(ctx.skipChecks)return inst._zod.parse(payload,ctx)
if(ctx.direction==="backward"){const canary=inst._zod.parse({value:payload.value,issues:[]},{...ctx,skipChecks:!0})
return canary instanceof Promise?canary.then(canary=>handleCanaryResult(canary,payload,ctx)):handleCanaryResult(canary,payload,ctx)}const result=inst._zod.parse(payload,ctx)
if(result instanceof Promise){if(ctx.async===!1)throw new $ZodAsyncError
return result.then(result=>runChecks(result,checks,ctx))}return runChecks(result,checks,ctx)}}},{get"~standard"(){return hide(this,"~standard",(inst=this,{validate:value=>{const ctx={async:!1}
try{const r=inst._zod.run({value,issues:[]},ctx)
if(!(r instanceof Promise))return toStandardResult(r,ctx)}catch(_){}return validateAsync(inst,value)},vendor:"zod",version:1}))
var inst},set"~standard"(value){own(this,"~standard",value)}}),toStandardResult=(r,ctx)=>r.issues.length?{issues:r.issues.map(iss=>finalizeIssue(iss,ctx,config()))}:{value:r.value}
async function validateAsync(inst,value){const ctx={async:!0}
return toStandardResult(await inst._zod.run({value,issues:[]},ctx),ctx)}const $ZodString=$constructor("$ZodString",(inst,def)=>{$ZodType.init(inst,def)
inst._zod.pattern=def.pattern??anyString
inst._zod.parse=(payload,_)=>{if(def.coerce)try{payload.value=String(payload.value)}catch(_){}if(typeof payload.value=="string")return payload
payload.issues.push({expected:"string",code:"invalid_type",input:payload.value,inst})
return payload}}),$ZodNumber=$constructor("$ZodNumber",(inst,def)=>{$ZodType.init(inst,def)
inst._zod.pattern=number
inst._zod.parse=(payload,_ctx)=>{if(def.coerce)try{payload.value=Number(payload.value)}catch(_){}const input=payload.value
if(typeof input=="number"&&!Number.isNaN(input)&&Number.isFinite(input))return payload
const received=typeof input=="number"?Number.isNaN(input)?"NaN":Number.isFinite(input)?void 0:String(input):void 0
payload.issues.push({expected:"number",code:"invalid_type",input,inst,...received?{received}:{}})
return payload}}),$ZodNumberFormat=$constructor("$ZodNumberFormat",(inst,def)=>{$ZodCheckNumberFormat.init(inst,def)
$ZodNumber.init(inst,def)}),$ZodBoolean=$constructor("$ZodBoolean",(inst,def)=>{$ZodType.init(inst,def)
inst._zod.pattern=regexes_boolean
inst._zod.parse=(payload,_ctx)=>{if(def.coerce)try{payload.value=Boolean(payload.value)}catch(_){}const input=payload.value
if(typeof input=="boolean")return payload
payload.issues.push({expected:"boolean",code:"invalid_type",input,inst})
return payload}}),$ZodUnknown=$constructor("$ZodUnknown",(inst,def)=>{$ZodType.init(inst,def)
inst._zod.parse=payload=>payload}),$ZodNever=$constructor("$ZodNever",(inst,def)=>{$ZodType.init(inst,def)
inst._zod.parse=(payload,_ctx)=>{payload.issues.push({expected:"never",code:"invalid_type",input:payload.value,inst})
return payload}})
function capSize(inst,size){const caps=sizeCaps(inst._zod.def.checks)
if(!caps.length)return
const cap=Math.min(...caps.map(c=>c[0])),parse=inst._zod.parse
inst._zod.parse=(payload,ctx)=>{const n=size(payload.value)
if(n>cap&&!ctx?.skipChecks&&ctx?.direction!=="backward")for(const[max,ch]of sizeCaps(inst._zod.def.checks))if(n>max&&ch._zod.def.when(payload)){const start=payload.issues.length
ch._zod.check(payload)
payload.issues[start].continue=!1
attachSchema(payload.issues,start,inst)
return payload}return parse(payload,ctx)}}const arraySize=input=>Array.isArray(input)?input.length:-1
function handleArrayResult(result,final,index){result.issues.length&&final.issues.push(...prefixIssues(index,result.issues))
final.value[index]=result.value}const $ZodArray=$constructor("$ZodArray",(inst,def)=>{$ZodType.init(inst,def)
const memo=core_globalConfig.memoizer
memo?.attach(inst)
inst._zod.parse=(payload,ctx)=>{const input=payload.value
if(!Array.isArray(input)){payload.issues.push({expected:"array",code:"invalid_type",input,inst})
return payload}payload.value=memo?memo.alloc(inst,payload,Array(input.length),ctx):Array(input.length)
const proms=[],abortEarly=ctx?.abortEarly
for(let i=0;i<input.length;i++){const result=def.element._zod.run({value:input[i],issues:[]},ctx)
if(result instanceof Promise)proms.push(result.then(result=>handleArrayResult(result,payload,i)))
else{handleArrayResult(result,payload,i)
if(abortEarly&&result.issues.length!==0&&aborted(result))break}}return proms.length?Promise.all(proms).then(()=>payload):payload}
capSize(inst,arraySize)})
function handlePropertyResult(result,final,key,input,optin,optout){const isPresent=key in input,isOptionalOut=optout==="optional"
if(isPresent||!isOptionalOut||optin!=="optional"){if(result.issues.length){if(optin!==void 0&&isOptionalOut&&!isPresent)return
final.issues.push(...prefixIssues(key,result.issues))}isPresent||optin!==void 0?result.value===void 0?(isPresent||optin==="defaulted"&&!isOptionalOut)&&(final.value[key]=void 0):final.value[key]=result.value:result.issues.length||final.issues.push({code:"invalid_type",expected:"nonoptional",input:void 0,path:[key]})}}const NO_SYMBOL_KEYS=[]
function normalizeDef(def){const keys=Object.keys(def.shape),ownSymbols=Object.getOwnPropertySymbols(def.shape),symbolKeys=ownSymbols.length?ownSymbols:NO_SYMBOL_KEYS,allKeys=symbolKeys.length?[...keys,...symbolKeys]:keys
for(const k of allKeys)if(!def.shape?.[k]?._zod?.traits?.has("$ZodType"))throw new Error(`Invalid element at key "${String(k)}": expected a Zod schema`)
const okeys=(shape=def.shape,Object.keys(shape).filter(k=>shape[k]._zod.optin!==void 0&&shape[k]._zod.optout==="optional"))
var shape
return{...def,allKeys,symbolKeys,keySet:new Set(keys),numKeys:keys.length,optionalKeys:new Set(okeys)}}function handleCatchall(proms,input,payload,ctx,def,inst,abortEarly){const unrecognized=[],keySet=def.keySet,_catchall=def.catchall._zod,t=_catchall.def.type,optin=_catchall.optin,optout=_catchall.optout
let seen=0
for(const key in input){if(abortEarly&&payload.issues.length!==seen){if(aborted(payload,seen))break
seen=payload.issues.length}if(keySet.has(key))continue
if(key==="__proto__"){t==="never"&&unrecognized.push(key)
continue}if(t==="never"){unrecognized.push(key)
continue}const r=_catchall.run({value:input[key],issues:[]},ctx)
r instanceof Promise?proms.push(r.then(r=>handlePropertyResult(r,payload,key,input,optin,optout))):handlePropertyResult(r,payload,key,input,optin,optout)}unrecognized.length&&payload.issues.push({code:"unrecognized_keys",keys:unrecognized,input,inst,continue:!0})
return proms.length?Promise.all(proms).then(()=>payload):payload}const $ZodObject=$constructor("$ZodObject",(inst,def)=>{$ZodType.init(inst,def)
const desc=Object.getOwnPropertyDescriptor(def,"shape"),sh=desc?.get?desc.get.raw:def.shape??{}
if(sh){const get=()=>{const newSh={...sh}
Object.defineProperty(def,"shape",{value:newSh})
get.raw=newSh
return newSh}
get.raw=sh
Object.defineProperty(def,"shape",{get})}const _normalized=cached(()=>normalizeDef(def))
defineLazyInternal(inst,"propValues",zod=>{const shape=zod.def.shape,propValues={}
for(const key in shape){const field=shape[key]._zod
if(field.values){Object.prototype.hasOwnProperty.call(propValues,key)||assignProp(propValues,key,new Set)
for(const v of field.values)propValues[key].add(v)
field.optin!==void 0&&propValues[key].add(void 0)}}return propValues})
const isObject=util_isObject,catchall=def.catchall
let value
const memo=core_globalConfig.memoizer
memo?.attach(inst)
inst._zod.parse=(payload,ctx)=>{value??(value=_normalized.value)
const input=payload.value
if(!isObject(input)){payload.issues.push({expected:"object",code:"invalid_type",input,inst})
return payload}payload.value=memo?memo.alloc(inst,payload,{},ctx):{}
const proms=[],shape=value.shape,abortEarly=ctx?.abortEarly
let seen=payload.issues.length
for(const key of value.allKeys){if(abortEarly&&payload.issues.length!==seen){if(aborted(payload,seen))break
seen=payload.issues.length}if(key==="__proto__")continue
const el=shape[key],optin=el._zod.optin,optout=el._zod.optout,r=el._zod.run({value:input[key],issues:[]},ctx)
r instanceof Promise?proms.push(r.then(r=>handlePropertyResult(r,payload,key,input,optin,optout))):handlePropertyResult(r,payload,key,input,optin,optout)}return catchall?handleCatchall(proms,input,payload,ctx,_normalized.value,inst,abortEarly===!0):proms.length?Promise.all(proms).then(()=>payload):payload}})
function handleUnionResults(results,final,inst,ctx){for(const result of results)if(result.issues.length===0){final.value=result.value
return final}const nonaborted=results.filter(r=>!aborted(r))
if(nonaborted.length===1){final.value=nonaborted[0].value
return nonaborted[0]}final.issues.push({code:"invalid_union",input:final.value,inst,errors:results.map(result=>result.issues.map(iss=>finalizeIssue(iss,ctx,config())))})
return final}const $ZodUnion=$constructor("$ZodUnion",(inst,def)=>{$ZodType.init(inst,def)
defineLazyInternal(inst,"optin",zod=>zod.def.options.some(o=>o._zod.optin==="defaulted")?"defaulted":zod.def.options.some(o=>o._zod.optin!==void 0)?"optional":void 0)
defineLazyInternal(inst,"optout",zod=>zod.def.options.some(o=>o._zod.optout==="optional")?"optional":void 0)
defineLazyInternal(inst,"values",zod=>{if(zod.def.options.every(o=>o._zod.values))return new Set(zod.def.options.flatMap(option=>Array.from(option._zod.values)))})
defineLazyInternal(inst,"pattern",zod=>{if(zod.def.options.every(o=>o._zod.pattern)){const patterns=zod.def.options.map(o=>o._zod.pattern)
return new RegExp(`^(${patterns.map(p=>cleanRegex(p.source)).join("|")})$`)}})
const first=def.options.length===1?def.options[0]._zod.run:null
inst._zod.parse=(payload,ctx)=>{if(first)return first(payload,ctx)
let async=!1
const results=[]
for(const option of def.options){const result=option._zod.run({value:payload.value,issues:[]},ctx)
if(result instanceof Promise){results.push(result)
async=!0}else{if(result.issues.length===0)return result
results.push(result)}}return async?Promise.all(results).then(results=>handleUnionResults(results,payload,inst,ctx)):handleUnionResults(results,payload,inst,ctx)}})
function discriminatorMap(def){const map=new Map
for(const option of def.options){const values=option._zod.propValues?.[def.discriminator]
if(!values||values.size===0)throw new Error(`Invalid discriminated union option at index "${def.options.indexOf(option)}"`)
for(const value of values)if(map.has(value)){if(value!==void 0)throw new Error(`Duplicate discriminator value "${String(value)}"`)
map.set(value,null)}else map.set(value,option)}return map}const $ZodDiscriminatedUnion=$constructor("$ZodDiscriminatedUnion",(inst,def)=>{def.inclusive=!1
$ZodUnion.init(inst,def)
const _super=inst._zod.parse
defineLazyInternal(inst,"propValues",zod=>{const propValues={}
let undefinedCount=0
for(const option of zod.def.options){const pv=option._zod.propValues
if(!pv||Object.keys(pv).length===0)throw new Error(`Invalid discriminated union option at index "${zod.def.options.indexOf(option)}"`)
pv[zod.def.discriminator]?.has(void 0)&&undefinedCount++
for(const[k,v]of Object.entries(pv)){Object.prototype.hasOwnProperty.call(propValues,k)||assignProp(propValues,k,new Set)
for(const val of v)propValues[k].add(val)}}!zod.def.unionFallback&&undefinedCount>1&&propValues[zod.def.discriminator]?.delete(void 0)
return propValues})
def.options.forEach((option,i)=>{const propShape=rawShape(option._zod.def)
if(propShape&&!Object.prototype.hasOwnProperty.call(propShape,def.discriminator))throw new Error(`Invalid discriminated union option at index "${i}"`)})
const disc=cached(()=>discriminatorMap(def))
inst._zod.parse=(payload,ctx)=>{const input=payload.value
if(!util_isObject(input)){payload.issues.push({code:"invalid_type",expected:"object",input,inst})
return payload}const value=input?.[def.discriminator],opt=disc.value.get(value)
if(opt&&(value!==void 0||ctx.direction!=="backward"))return opt._zod.run(payload,ctx)
if(def.unionFallback||ctx.direction==="backward")return _super(payload,ctx)
payload.issues.push({code:"invalid_union",errors:[],note:"No matching discriminator",discriminator:def.discriminator,options:Array.from(disc.value.keys()).filter(value=>disc.value.get(value)!==null),input,path:[def.discriminator],inst})
return payload}}),$ZodEnum=$constructor("$ZodEnum",(inst,def)=>{$ZodType.init(inst,def)
const values=getEnumValues(def.entries),valuesSet=new Set(values)
inst._zod.values=valuesSet
defineLazyInternal(inst,"pattern",zod=>{const patternValues=getEnumValues(zod.def.entries).filter(k=>propertyKeyTypes.has(typeof k))
return new RegExp(patternValues.length?`^(${patternValues.map(o=>escapeRegex(o.toString())).join("|")})$`:"^[^\\s\\S]$")})
inst._zod.parse=(payload,_ctx)=>{const input=payload.value
if(valuesSet.has(input))return payload
payload.issues.push({code:"invalid_value",values,input,inst})
return payload}}),$ZodLiteral=$constructor("$ZodLiteral",(inst,def)=>{$ZodType.init(inst,def)
const values=new Set(def.values)
inst._zod.values=values
defineLazyInternal(inst,"pattern",zod=>{const vals=zod.def.values
return new RegExp(vals.length?`^(${vals.map(o=>typeof o=="string"?escapeRegex(o):o?escapeRegex(o.toString()):String(o)).join("|")})$`:"^[^\\s\\S]$")})
inst._zod.parse=(payload,_ctx)=>{const input=payload.value
if(values.has(input))return payload
payload.issues.push({code:"invalid_value",values:def.values,input,inst})
return payload}}),$ZodTransform=$constructor("$ZodTransform",(inst,def)=>{$ZodType.init(inst,def)
inst._zod.optin="optional"
core_globalConfig.memoizer?.guard(inst)
inst._zod.parse=(payload,ctx)=>{if(ctx.direction==="backward")throw new $ZodEncodeError(inst.constructor.name)
const _out=def.transform(payload.value,payload)
if(ctx.async)return(_out instanceof Promise?_out:Promise.resolve(_out)).then(output=>{payload.value=output
return payload})
if(_out instanceof Promise)throw new $ZodAsyncError
payload.value=_out
return payload}})
function handleOptionalResult(payload,result){payload.value=result.issues.length?void 0:result.value
return payload}const $ZodOptional=$constructor("$ZodOptional",(inst,def)=>{$ZodType.init(inst,def)
defineLazyInternal(inst,"optin",zod=>zod.def.innerType._zod.optin==="defaulted"?"defaulted":"optional")
inst._zod.optout="optional"
defineLazyInternal(inst,"values",zod=>{const values=zod.def.innerType._zod.values
return values?new Set([...values,void 0]):void 0})
defineLazyInternal(inst,"pattern",zod=>{const pattern=zod.def.innerType._zod.pattern
return pattern?new RegExp(`^(${cleanRegex(pattern.source)})?$`):void 0})
inst._zod.parse=(payload,ctx)=>{if(payload.value===void 0){if(def.innerType._zod.optin!=="defaulted")return payload
const result=def.innerType._zod.run({value:payload.value,issues:[]},ctx)
return result instanceof Promise?result.then(result=>handleOptionalResult(payload,result)):handleOptionalResult(payload,result)}return def.innerType._zod.run(payload,ctx)}}),$ZodNullable=$constructor("$ZodNullable",(inst,def)=>{$ZodType.init(inst,def)
defineLazyInternal(inst,"optin",zod=>zod.def.innerType._zod.optin)
defineLazyInternal(inst,"optout",zod=>zod.def.innerType._zod.optout)
defineLazyInternal(inst,"pattern",zod=>{const pattern=zod.def.innerType._zod.pattern
return pattern?new RegExp(`^(${cleanRegex(pattern.source)}|null)$`):void 0})
defineLazyInternal(inst,"values",zod=>zod.def.innerType._zod.values?new Set([...zod.def.innerType._zod.values,null]):void 0)
inst._zod.parse=(payload,ctx)=>payload.value===null?payload:def.innerType._zod.run(payload,ctx)}),$ZodDefault=$constructor("$ZodDefault",(inst,def)=>{$ZodType.init(inst,def)
inst._zod.optin="defaulted"
defineLazyInternal(inst,"values",zod=>zod.def.innerType._zod.values)
inst._zod.parse=(payload,ctx)=>{if(ctx.direction==="backward")return def.innerType._zod.run(payload,ctx)
if(payload.value===void 0){payload.value=def.defaultValue
return payload}const result=def.innerType._zod.run(payload,ctx)
return result instanceof Promise?result.then(result=>handleDefaultResult(result,def)):handleDefaultResult(result,def)}})
function handleDefaultResult(payload,def){payload.value===void 0&&(payload.value=def.defaultValue)
return payload}function handleCatchResult(payload,result,def,ctx){if(!result.issues.length){payload.value=result.value
result.memo&&(payload.memo=!0)
return payload}payload.value=def.catchValue({...result,value:payload.value,error:{issues:result.issues.map(iss=>finalizeIssue(iss,ctx,config()))},input:payload.value})
return payload}const $ZodCatch=$constructor("$ZodCatch",(inst,def)=>{$ZodType.init(inst,def)
defineLazyInternal(inst,"optin",zod=>zod.def.innerType._zod.optin==="defaulted"?"defaulted":"optional")
defineLazyInternal(inst,"optout",zod=>zod.def.innerType._zod.optout)
defineLazyInternal(inst,"values",zod=>zod.def.innerType._zod.values)
inst._zod.parse=(payload,ctx)=>{if(ctx.direction==="backward")return def.innerType._zod.run(payload,ctx)
const result=def.innerType._zod.run({value:payload.value,issues:[]},ctx)
return result instanceof Promise?result.then(result=>handleCatchResult(payload,result,def,ctx)):handleCatchResult(payload,result,def,ctx)}}),$ZodPipe=$constructor("$ZodPipe",(inst,def)=>{$ZodType.init(inst,def)
defineLazyInternal(inst,"values",zod=>zod.def.in._zod.values)
defineLazyInternal(inst,"optin",zod=>zod.def.in._zod.optin)
defineLazyInternal(inst,"optout",zod=>zod.def.out._zod.optout)
defineLazyInternal(inst,"propValues",zod=>zod.def.in._zod.propValues)
inst._zod.parse=(payload,ctx)=>{if(ctx.direction==="backward"){const right=def.out._zod.run(payload,ctx)
return right instanceof Promise?right.then(right=>handlePipeResult(right,def.in,ctx)):handlePipeResult(right,def.in,ctx)}const left=def.in._zod.run(payload,ctx)
return left instanceof Promise?left.then(left=>handlePipeResult(left,def.out,ctx)):handlePipeResult(left,def.out,ctx)}})
function handlePipeResult(left,next,ctx){if(left.issues.some(iss=>iss.code!=="unrecognized_keys")){left.aborted=!0
return left}return next._zod.run({value:left.value,issues:left.issues},ctx)}const $ZodCustom=$constructor("$ZodCustom",(inst,def)=>{$ZodCheck.init(inst,def)
$ZodType.init(inst,def)
inst._zod.parse=(payload,_)=>payload
inst._zod.check=payload=>{const input=payload.value,r=def.fn(input)
if(r instanceof Promise)return r.then(r=>handleRefineResult(r,payload,input,inst))
handleRefineResult(r,payload,input,inst)}})
function handleRefineResult(result,payload,input,inst){if(!result){const _iss={code:"custom",input,inst,path:[...inst._zod.def.path??[]],continue:!inst._zod.def.abort}
inst._zod.def.params&&(_iss.params=inst._zod.def.params)
payload.issues.push(util_issue(_iss))}}var registries_a;(registries_a=globalThis).__zod_globalRegistry??(registries_a.__zod_globalRegistry=new class{constructor(){this._map=new WeakMap
this._idmap=new Map}add(schema,..._meta){const meta=_meta[0]
this._map.set(schema,meta)
meta&&typeof meta=="object"&&"id"in meta&&this._idmap.set(meta.id,schema)
return this}clear(){this._map=new WeakMap
this._idmap=new Map
return this}remove(schema){const meta=this._map.get(schema)
meta&&typeof meta=="object"&&"id"in meta&&this._idmap.delete(meta.id)
this._map.delete(schema)
return this}get(schema){const p=schema._zod.parent
if(p){const pm={...this.get(p)??{}}
delete pm.id
const f={...pm,...this._map.get(schema)}
return Object.keys(f).length?f:void 0}return this._map.get(schema)}has(schema){return this._map.has(schema)}})
globalThis
function snapshotChecks(def){def.checks&&(def.checks=[...def.checks])
return def}function _string(Class,params){return new Class(snapshotChecks({type:"string",...normalizeParams(params)}))}function _number(Class,params){return new Class(snapshotChecks({type:"number",checks:[],...normalizeParams(params)}))}function _int(Class,params){return new Class({type:"number",check:"number_format",abort:!1,format:"safeint",...normalizeParams(params)})}function _boolean(Class,params){return new Class({type:"boolean",...normalizeParams(params)})}function _never(Class,params){return new Class({type:"never",...normalizeParams(params)})}function _lte(value,params){return new $ZodCheckLessThan({check:"less_than",...normalizeParams(params),value,inclusive:!0})}function _gt(value,params){return new $ZodCheckGreaterThan({check:"greater_than",...normalizeParams(params),value,inclusive:!1})}function _gte(value,params){return new $ZodCheckGreaterThan({check:"greater_than",...normalizeParams(params),value,inclusive:!0})}function _regex(pattern,params){return new $ZodCheckRegex({check:"string_format",format:"regex",...normalizeParams(params),pattern})}function _refine(Class,fn,_params){return new Class({type:"custom",check:"custom",fn,...normalizeParams(_params)})}const _messageDesc={get:function(){const internals=this._zod
internals.message??(internals.message=JSON.stringify(internals.def,jsonStringifyReplacer,2))
return internals.message},set:function(value){this._zod.message=value},enumerable:!0,configurable:!0},_issuesDesc={value:void 0,enumerable:!1},_installedToString=new WeakSet([Object.prototype,Error.prototype]),initializer=(inst,def)=>{inst.name="$ZodError"
_issuesDesc.value=def
Object.defineProperty(inst,"issues",_issuesDesc)
_issuesDesc.value=void 0
Object.defineProperty(inst,"message",_messageDesc)
const proto=Object.getPrototypeOf(inst)
if(!_installedToString.has(proto)){_installedToString.add(proto)
Object.defineProperty(proto,"toString",{configurable:!0,enumerable:!1,get(){const value=()=>this.message
Object.defineProperty(this,"toString",{value,configurable:!0,writable:!0})
return value},set(value){Object.defineProperty(this,"toString",{value,configurable:!0,writable:!0})}})}},$ZodRealError=($constructor("$ZodError",initializer),$constructor("$ZodError",initializer,void 0,{Parent:Error})),_parse=_Err=>{const fn=(schema,value,_ctx,_params)=>{const ctx=_ctx?{..._ctx,async:!1}:{async:!1},result=schema._zod.run({value,issues:[]},ctx)
if(result instanceof Promise)throw new $ZodAsyncError
if(result.issues.length){const e=new(_params?.Err??_Err)(result.issues.map(iss=>finalizeIssue(iss,ctx,config())))
captureStackTrace(e,_params?.callee??fn)
throw e}return result.value}
return fn},parse_parse=_parse($ZodRealError),_parseAsync=_Err=>{const fn=async(schema,value,_ctx,params)=>{const ctx=_ctx?{..._ctx,async:!0}:{async:!0}
let result=schema._zod.run({value,issues:[]},ctx)
result instanceof Promise&&(result=await result)
if(result.issues.length){const e=new(params?.Err??_Err)(result.issues.map(iss=>finalizeIssue(iss,ctx,config())))
captureStackTrace(e,params?.callee??fn)
throw e}return result.value}
return fn},parse_parseAsync=_parseAsync($ZodRealError),_safeParse=_Err=>(schema,value,_ctx)=>{const ctx=_ctx?{..._ctx,async:!1}:{async:!1},result=schema._zod.run({value,issues:[]},ctx)
if(result instanceof Promise)throw new $ZodAsyncError
return result.issues.length?failure(_Err,result.issues,ctx):{success:!0,data:result.value}},safeParse=_safeParse($ZodRealError)
function failure(Err,issues,ctx){let error
return{success:!1,get error(){if(!error){error=new Err(issues.map(iss=>finalizeIssue(iss,ctx,config())))
issues=void 0
ctx=void 0}return error},set error(e){error=e
issues=void 0
ctx=void 0}}}const _safeParseAsync=_Err=>async(schema,value,_ctx)=>{const ctx=_ctx?{..._ctx,async:!0}:{async:!0}
let result=schema._zod.run({value,issues:[]},ctx)
result instanceof Promise&&(result=await result)
return result.issues.length?failure(_Err,result.issues,ctx):{success:!0,data:result.value}},safeParseAsync=_safeParseAsync($ZodRealError),ZodMiniType=$constructor("ZodMiniType",(inst,def)=>{if(!inst._zod)throw new Error("Uninitialized schema in ZodMiniType.")
$ZodType.init(inst,def)
inst.def=def
inst.type=def.type},{get with(){return this.check},set with(value){own(this,"with",value)},parse(data,params){return parse_parse(this,data,params,{callee:this.parse})},parseAsync(data,params){return parse_parseAsync(this,data,params,{callee:this.parseAsync})},safeParse(data,params){return safeParse(this,data,params)},safeParseAsync(data,params){return safeParseAsync(this,data,params)},check(...checks){const def=this.def
return this.clone({...def,checks:[...def.checks??[],...checks.map(ch=>typeof ch=="function"?{_zod:{check:ch,def:{check:"custom"},onattach:[]}}:ch)]},{parent:!0})},clone(_def,params){return clone(this,_def,params)},brand(){return this},register(reg,meta){reg.add(this,meta)
return this},apply(fn,...args){return args.length===0?fn(this):fn(this,...args)}}),ZodMiniString=$constructor("ZodMiniString",(inst,def)=>{$ZodString.init(inst,def)
ZodMiniType.init(inst,def)})
function schemas_string(params){return _string(ZodMiniString,params)}const ZodMiniNumber=$constructor("ZodMiniNumber",(inst,def)=>{$ZodNumber.init(inst,def)
ZodMiniType.init(inst,def)})
function schemas_number(params){return _number(ZodMiniNumber,params)}const ZodMiniNumberFormat=$constructor("ZodMiniNumberFormat",(inst,def)=>{$ZodNumberFormat.init(inst,def)
ZodMiniNumber.init(inst,def)}),ZodMiniBoolean=$constructor("ZodMiniBoolean",(inst,def)=>{$ZodBoolean.init(inst,def)
ZodMiniType.init(inst,def)})
function schemas_boolean(params){return _boolean(ZodMiniBoolean,params)}const ZodMiniUnknown=$constructor("ZodMiniUnknown",(inst,def)=>{$ZodUnknown.init(inst,def)
ZodMiniType.init(inst,def)})
function unknown(){return new ZodMiniUnknown({type:"unknown"})}const ZodMiniNever=$constructor("ZodMiniNever",(inst,def)=>{$ZodNever.init(inst,def)
ZodMiniType.init(inst,def)})
function never(params){return _never(ZodMiniNever,params)}const ZodMiniArray=$constructor("ZodMiniArray",(inst,def)=>{$ZodArray.init(inst,def)
ZodMiniType.init(inst,def)})
function array(element,params){return new ZodMiniArray({type:"array",element,...normalizeParams(params)})}const ZodMiniObject=$constructor("ZodMiniObject",(inst,def)=>{$ZodObject.init(inst,def)
ZodMiniType.init(inst,def)
installLazyProp(inst,"shape",self=>self._zod.def.shape,!1)})
function object(shape,params){const def={type:"object",shape:shape??{},...normalizeParams(params)}
return new ZodMiniObject(def)}function looseObject(shape,params){return new ZodMiniObject({type:"object",shape,catchall:unknown(),...normalizeParams(params)})}const ZodMiniDiscriminatedUnion=$constructor("ZodMiniDiscriminatedUnion",(inst,def)=>{$ZodDiscriminatedUnion.init(inst,def)
ZodMiniType.init(inst,def)})
function discriminatedUnion(discriminator,options,params){return new ZodMiniDiscriminatedUnion({type:"union",options,discriminator,...normalizeParams(params)})}const ZodMiniEnum=$constructor("ZodMiniEnum",(inst,def)=>{$ZodEnum.init(inst,def)
ZodMiniType.init(inst,def)
inst.options=[...inst._zod.values]})
function schemas_enum(values,params){const entries=Array.isArray(values)?Object.fromEntries(values.map(v=>[v,v])):values
return new ZodMiniEnum({type:"enum",entries,...normalizeParams(params)})}const ZodMiniLiteral=$constructor("ZodMiniLiteral",(inst,def)=>{$ZodLiteral.init(inst,def)
ZodMiniType.init(inst,def)})
function literal(value,params){return new ZodMiniLiteral({type:"literal",values:Array.isArray(value)?value:[value],...normalizeParams(params)})}const ZodMiniTransform=$constructor("ZodMiniTransform",(inst,def)=>{$ZodTransform.init(inst,def)
ZodMiniType.init(inst,def)})
function transform(fn){return new ZodMiniTransform({type:"transform",transform:fn})}const ZodMiniOptional=$constructor("ZodMiniOptional",(inst,def)=>{$ZodOptional.init(inst,def)
ZodMiniType.init(inst,def)})
function optional(innerType){return new ZodMiniOptional({type:"optional",innerType})}const ZodMiniNullable=$constructor("ZodMiniNullable",(inst,def)=>{$ZodNullable.init(inst,def)
ZodMiniType.init(inst,def)})
function nullable(innerType){return new ZodMiniNullable({type:"nullable",innerType})}const ZodMiniDefault=$constructor("ZodMiniDefault",(inst,def)=>{$ZodDefault.init(inst,def)
ZodMiniType.init(inst,def)})
function schemas_default(innerType,defaultValue){return new ZodMiniDefault({type:"default",innerType,get defaultValue(){return typeof defaultValue=="function"?defaultValue():isPlainObject(o=defaultValue)?{...o}:Array.isArray(o)?[...o]:o instanceof Map?new Map(o):o instanceof Set?new Set(o):o
var o}})}const ZodMiniCatch=$constructor("ZodMiniCatch",(inst,def)=>{$ZodCatch.init(inst,def)
ZodMiniType.init(inst,def)})
function schemas_catch(innerType,catchValue){return new ZodMiniCatch({type:"catch",innerType,catchValue:typeof catchValue=="function"?catchValue:constantCatch(catchValue)})}const ZodMiniPipe=$constructor("ZodMiniPipe",(inst,def)=>{$ZodPipe.init(inst,def)
ZodMiniType.init(inst,def)})
function pipe(in_,out){return new ZodMiniPipe({type:"pipe",in:in_,out})}const ZodMiniCustom=$constructor("ZodMiniCustom",(inst,def)=>{$ZodCustom.init(inst,def)
ZodMiniType.init(inst,def)})
function refine(fn,_params={}){return _refine(ZodMiniCustom,fn,_params)}const external_node_net_namespaceObject=require("node:net"),BEARER_TOKEN=/^[\w.~+/-]+=*$/,MIN_KEY_LENGTH=16,bearerToken=schemas_string().check(refine(text=>text.length>=MIN_KEY_LENGTH&&BEARER_TOKEN.test(text)))
function reject(context,input,message){context.issues.push({code:"custom",message,input})
return NEVER}const DECIMALS=9,MAX=1e12,usd=pipe(schemas_number().check(_gte(-MAX),_lte(MAX)),transform(toUsd))
function toUsd(dollars){return BigInt(Math.round(dollars*10**DECIMALS))}function toNumber(amount){return Number(amount)/10**DECIMALS}function sumUsd(amounts){return amounts.reduce((sum,amount)=>sum+amount,0n)}function maxUsd(a,b){return a<b?b:a}function minUsd(a,b){return a<b?a:b}function exactUsd(amount,minDecimals=0){if(amount<0n)return`-${exactUsd(-amount,minDecimals)}`
const digits=String(amount).padStart(DECIMALS+1,"0"),fraction=digits.slice(-DECIMALS).replace(/0+$/,"").padEnd(minDecimals,"0")
return digits.slice(0,-DECIMALS)+(fraction&&`.${fraction}`)}function parseJson(text){try{return JSON.parse(text)}catch{return}}function toJson(value){return JSON.stringify(value,(_name,part)=>typeof part=="bigint"?toNumber(part):part)}function isNestedDeeper(value,depth){return typeof value=="object"&&value!==null&&(depth===0||Object.values(value).some(child=>isNestedDeeper(child,depth-1)))}const JSON_NUMBER=/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i
function formatSeconds(ms){return`${(ms/1e3).toFixed(1)} s`}const UNITS=[{ms:864e5,name:"d"},{ms:36e5,name:"h"},{ms:6e4,name:"min"},{ms:1e3,name:"s"}]
function formatAge(ms){let rest=Math.max(0,ms)
const counts=UNITS.map(({ms:unit,name})=>{const count=Math.floor(rest/unit)
rest-=count*unit
return{count,text:`${count} ${name}`}}),first=counts.findIndex(({count})=>count>0)
if(first<0)return"0 s"
const largest=counts.slice(first,first+2).filter(({count})=>count>0)
return largest.map(({text})=>text).join(" ")}function unbroken(text){return text.replaceAll(" ","\xa0")}function truncateList(lines,max=20){const rest=lines.length-max
return[...lines.slice(0,max),...rest>0?[`\u2026 and ${rest} more`]:[]]}function formatCount(count){return count<1000n?String(count):`${formatCount(count/1000n)},${String(count%1000n).padStart(3,"0")}`}function sortedBy(items,nameOf){const{compare}=new Intl.Collator("en",{numeric:!0})
return items.toSorted((one,other)=>compare(nameOf(one),nameOf(other)))}function countOf(count,what){return`${count} ${what}${count===1?"":"s"}`}function countWorkspaces(count){return countOf(count,"workspace")}function countKeys(count){return countOf(count,"API key")}function countChanges(count){return countOf(count,"change")}function formatChange({field,from,to}){return`${field}: ${from===void 0?toJson(to):formatFromTo(from,to)}`}function formatFromTo(from,to){const differences=isFilled(from)&&isFilled(to)?formatDifferences(from,to):""
return differences!==""?differences:`${toJson(from)} \u2192 ${to===void 0?"not returned":toJson(to)}`}function isFilled(value){return Array.isArray(value)&&value.length>0}function formatDifferences(from,to){const missingIn=list=>{const known=new Set(list.map(toJson))
return entry=>!known.has(toJson(entry))}
return[{sign:"+",entries:to.filter(missingIn(from))},{sign:"\u2212",entries:from.filter(missingIn(to))}].filter(({entries})=>entries.length>0).map(({sign,entries})=>`${sign} ${toJson(entries)}`).join(" ")}function isRead({method,readOnly}){return method==="GET"||readOnly===!0}function creates(request){return request.method==="POST"&&!isRead(request)}function rejectsResource({kind,status=0}){return kind==="rejected"&&![401,402,403].includes(status)}class ApiError extends Error{name="ApiError"
details
constructor(details){super(`could not ${details.operation}: ${formatAttempt(details)}`)
this.details=details}}function toApiError(failures,conclusion){return new ApiError({...failures.at(-1),attempts:failures.length,wasThrottled:failures.some(({kind})=>kind==="throttled"),...conclusion})}function formatAttempt(failure){return`${formatCall(failure)}${formatReason(failure)}`}function formatOperation(failure){return`Could not ${failure.operation}${formatReason(failure)}`}function formatCall({method,path}){return`${method} ${path}`}function formatReason({reason,serverMessage,noResponse}){var ms
return`${noResponse?` at ${noResponse.host}${ms=noResponse.elapsedMs,ms<50?"":`, after ${formatSeconds(ms)}`}`:""}: ${reason}${serverMessage?`: ${serverMessage}`:""}`}function formatCause(details){const{server,kind,status,reason,serverMessage,noResponse,attempts}=details
return[status!==void 0||noResponse!==void 0?`${server}: `:"",status!==void 0&&status>=400?`HTTP ${status}`:reason,kind==="rejected"&&serverMessage?`: ${serverMessage}`:"",attempts>1?`, ${attempts} attempts`:""].join("")}async function catching(work,...classes){try{return{value:await work}}catch(error){if(!classes.some(type=>error instanceof type))throw error
return{error}}}const deleted=pipe(object({deleted:schemas_boolean().check(refine(isDeleted=>isDeleted))}),transform(()=>!0)),DELETION_LAG_MS=[500,1e3,2e3]
async function sendDeletion(client,facts,lookUp){let mayBeApplied=!1
for(const delay of DELETION_LAG_MS){const response=await client.request({...facts,method:"DELETE",schema:deleted,on404:()=>!1,trusts404:!0})
if(response.data)return{kind:"deleted"}
mayBeApplied||=response.mayBeApplied
await client.pause(delay)
const{value:found,error}=await catching(lookUp(),ApiError)
if(error)throw unconfirmed(facts,{reason:"HTTP 404 Not Found",ambiguous:mayBeApplied,lookupFailure:error.details})
if(found===void 0)return{kind:mayBeApplied?"deleted":"missing"}}return{kind:"unclear",error:unconfirmed(facts,{reason:"HTTP 404 Not Found, but OpenRouter still returns it",ambiguous:!1})}}const MISSING_DELAYS_MS=[0,1e3,2e3,4e3,8e3]
async function*whileMissing({client,signal}){for(const delay of MISSING_DELAYS_MS){if(delay>0&&signal.aborted)return
await client.pause(delay)
yield}}async function untilFound(context,attempt){for await(const _ of whileMissing(context)){const result=await attempt()
if(result!==void 0)return result}}function unconfirmed(facts,{reason,...conclusion}){return toApiError([{...{...facts,server:"OpenRouter",method:"DELETE",kind:"unexpected"},reason}],conclusion)}function envelope(data){return pipe(object({data}),transform(body=>body.data))}const PAGE_SIZE=100
function pageOf(item){return pipe(object({data:array(unknown()),total_count:optional(schemas_number())}),transform(({data,total_count},context)=>{const items=[]
for(const[index,entry]of data.entries()){const parsed=safeParse(item,entry)
if(!parsed.success){for(const{path}of parsed.error.issues)context.issues.push({code:"custom",input:entry,path:["data",index,...path]})
return NEVER}items.push(parsed.data)}return{data:items,total_count}}))}function listAll(client,list){const{query,idOf,merge,...request}=list
return readPages({idOf,...merge&&{merge},async read(offset){const{data,serverTime,size}=await client.request({...request,method:"GET",path:`${list.path}?${new URLSearchParams({offset:String(offset),...query})}`})
return{items:data.data,total:data.total_count,serverTime,size}},toError:reason=>toError(list,reason)})}function toError({operation,path},reason){return toApiError([{server:"OpenRouter",operation,method:"GET",path,kind:"unexpected",reason}],{ambiguous:!1})}async function readPages(list){const{read,idOf,merge=first=>first,toError}=list,found=new Map
let first,pagesWithoutNewItems=0,size=0
for(let offset=0;;){const page=await read(offset)
first??=page
size+=page.size??0
if(size>MAX_SIZE)throw toError(`the list is larger than ${MAX_SIZE/2**20} MiB`)
if(offset>0&&!page.items.some(item=>found.has(idOf(item)))){offset=Math.max(0,offset-PAGE_SIZE+1)
continue}const{size:foundBefore}=found
for(const item of page.items){const known=found.get(idOf(item))
found.set(idOf(item),known?merge(known,item):item)}pagesWithoutNewItems=found.size>foundBefore?0:pagesWithoutNewItems+1
const end=offset+page.items.length,isShort=page.items.length<PAGE_SIZE
if(isShort&&(page.total===void 0||end>=page.total))return{items:[...found.values()],serverTime:first.serverTime}
if(pagesWithoutNewItems>(isShort?0:MAX_PAGES_WITHOUT_NEW_ITEMS))throw toError(`the list ended after ${found.size} entries, although there should be more`)
offset=end-1}}const MAX_SIZE=33554432,MAX_PAGES_WITHOUT_NEW_ITEMS=20
function workspaces_text(min,max){const accepted=min>0?`${min} to ${max} characters`:`at most ${max} characters`,length=value=>[...value].length
return schemas_string(`must be ${accepted}`).check(refine(value=>length(value)>=min&&length(value)<=max,{error:({input})=>`must be ${accepted}, but has ${length(String(input))}`}))}const flag=optional(schemas_boolean("must be true or false")),MODEL_MESSAGE="must be the slug of a model, such as openai/gpt-5-mini",modelSlug=schemas_string(MODEL_MESSAGE).check(_regex(/^[^\s/]+\/[^\s/]+$/,MODEL_MESSAGE)),model=optional(nullable(modelSlug)),anySlug=workspaces_text(1,50).check(_regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/,"must consist of lower-case letters and digits, separated by single hyphens")),slug=anySlug.check(refine(value=>!isDefault({slug:value}),"must not be default, because every account already has a workspace with that slug"),refine(value=>!isUuid(value),"must not look like a UUID, because the API accepts an id in place of a slug"))
function isDefault({slug}){return slug==="default"}function isUuid(text){return guid.test(text)}function savedWorkspace(){return object({id:workspaces_uuid(),slug:anySlug})}function describeFound({id,slug,name},idOrSlug){return`${JSON.stringify(name)}, ${idOrSlug===slug?`id ${id}`:`slug ${slug}`}`}function workspaces_uuid(){return schemas_string().check(refine(isUuid))}function isIdOrSlug(text){return isUuid(text)||safeParse(anySlug,text).success}const NAME_MAX_LENGTH=100
function cutName(name){return[...name].slice(0,NAME_MAX_LENGTH).join("").trimEnd()}const descriptionText=workspaces_text(0,500),TOOL_MESSAGE="must be the name of a tool, without whitespace or quotes",PROVIDER_SORTS=["price","throughput","latency","exacto"],createWorkspaceRequest=object({name:workspaces_text(1,NAME_MAX_LENGTH),slug,description:optional(nullable(descriptionText)),default_text_model:model,default_image_model:model,default_provider_sort:optional(nullable(schemas_enum(PROVIDER_SORTS,`must be ${PROVIDER_SORTS.join(", ")} or "null"`))),io_logging_api_key_ids:optional(nullable(array(schemas_number("must be a whole number").check(refine(Number.isSafeInteger,"must be a whole number")),"must be a list of whole numbers: one per line, separated by commas, or a JSON array"))),io_logging_sampling_rate:optional(schemas_number("must be a number from 0.0001 to 1").check(refine(rate=>rate>=1e-4&&rate<=1,"must be a number from 0.0001 to 1"))),is_data_discount_logging_enabled:flag,is_observability_broadcast_enabled:flag,is_observability_io_logging_enabled:flag,disabled_server_tools:optional(nullable(array(schemas_string(TOOL_MESSAGE).check(_regex(/^[^\s"']+$/,TOOL_MESSAGE)),"must be a list of names: one per line, separated by commas, or a JSON array")))}),WORKSPACE_FIELDS=Object.keys(createWorkspaceRequest.shape),workspace=looseObject({id:workspaces_uuid(),slug:schemas_string(),name:schemas_string()}),textIfValid=schema=>optional(pipe(unknown(),transform(value=>safeParse(schema,value).data))),listedWorkspace=object({id:workspaces_uuid(),slug:schemas_string(),created_at:textIfValid(schemas_string()),description:textIfValid(descriptionText)}),workspaceResponse=envelope(workspace),workspacePage=pageOf(listedWorkspace)
function hasIdOrSlug(idOrSlug,{id,slug}){return isUuid(idOrSlug)?id.toLowerCase()===idOrSlug.toLowerCase():slug===idOrSlug}function mismatch(idOrSlug,returned){if(returned&&!hasIdOrSlug(idOrSlug,returned))return`the response is about the workspace ${JSON.stringify(returned.slug)}, id ${returned.id}`}function sendWorkspace(client,body,{recovery}={}){return client.send({operation:`create the workspace "${body.slug}"`,mayLeaveBehind:`a workspace with the slug ${body.slug}`,recovery,method:"POST",path:"/workspaces",body,schema:workspaceResponse,findMismatch:returned=>mismatch(body.slug,returned)})}async function findWorkspace(client,idOrSlug,options={}){const{data,serverTime,headersAt}=await client.request({operation:`look up the workspace ${JSON.stringify(idOrSlug)}`,method:"GET",path:`/workspaces/${encodeURIComponent(idOrSlug)}`,schema:workspaceResponse,on404:()=>{},findMismatch:returned=>mismatch(idOrSlug,returned),...options})
return{workspace:data,serverTime,headersAt}}function listWorkspaces(client){return listAll(client,{operation:"list the workspaces",path:"/workspaces",query:{limit:String(PAGE_SIZE)},schema:workspacePage,idOf:({id})=>id})}async function patchWorkspace(client,{id,slug},changes){const{data}=await client.request({operation:`update the workspace "${slug}"`,mayLeaveBehind:`the new values in the workspace "${slug}"`,method:"PATCH",path:`/workspaces/${encodeURIComponent(id)}`,body:changes,schema:workspaceResponse,findMismatch:returned=>mismatch(id,returned),hint:"The workspace may have been deleted in the meantime, or the management key may lack permission to change it, or be limited to another workspace."})
return data}function deleteWorkspace(client,{id,slug}){const facts={operation:`delete the workspace "${slug}"`,mayLeaveBehind:`the workspace "${slug}", which may still exist`,path:`/workspaces/${encodeURIComponent(id)}`}
return sendDeletion(client,facts,async()=>{const{workspace}=await findWorkspace(client,id,{trusts404:!0})
return workspace})}const DASHBOARD_URL="https://openrouter.ai/workspaces"
function dashboardUrl(slug){return`${DASHBOARD_URL}/${slug}`}const fields_flag=(preset=!1)=>schemas_default(schemas_boolean("must be true or false"),preset),count=message=>schemas_number(message).check(refine(value=>Number.isSafeInteger(value)&&value>0,message)),idOrSlug=()=>schemas_string("must be the id or slug of a workspace").check(refine(isIdOrSlug,"must be the id or slug of a workspace")),fields_UNITS={s:1e3,m:6e4,h:36e5,d:864e5}
function parseDuration(text){const unit=fields_UNITS[text.slice(-1)],count=text.slice(0,-1)
return unit!==void 0&&/^\d+$/.test(count)?Number(count)*unit:void 0}const EXAMPLES="a duration such as 90s, 15m, 48h or 14d"
function fields_duration(bounds){return pipe(schemas_string(`must be ${EXAMPLES}`),transform((text,context)=>parseWithin(text,context,{bounds})))}function durationOrWord(bounds,words){const or=`, or ${words.join(", ")}`
return pipe(schemas_string(`must be ${EXAMPLES}${or}`),transform((text,context)=>words.find(other=>other===text)??parseWithin(text,context,{bounds,or})))}const lifetime=()=>durationOrWord({min:"1m",max:"3650d"},["never"])
function parseWithin(text,context,{bounds,or=""}){const ms=parseDuration(text)
return ms!==void 0&&ms>=toMs(bounds.min)&&ms<=toMs(bounds.max)?ms:reject(context,text,`must be ${ms===void 0?EXAMPLES:`from ${bounds.min} to ${bounds.max}`}${or}`)}function toMs(text){return parseDuration(text)??Number.NaN}const apiUrl=pipe(schemas_string(),transform(function(text,context){const url=toUrl(text)
return url?.hostname?isConfidential(url)?url.username||url.password?reject(context,text,"must not contain a user or password"):/[?#]/.test(text)?reject(context,text,"must not contain ? or #"):url.href.replace(/(?<!\/)\/+$/,""):reject(context,text,"must begin with https, because a secret is sent there"):reject(context,text,"must be a URL such as https://openrouter.ai/api/v1")})),connection={management_key:schemas_string({error:()=>missingKey(process.env)}).check(_regex(BEARER_TOKEN,'must be the key alone: no whitespace, no quotes, no "Bearer"'),refine(({length})=>length>=MIN_KEY_LENGTH,"is too short to be a key: a part of it may be missing")),api_url:schemas_default(apiUrl,"https://openrouter.ai/api/v1"),timeout:timeout("60s")}
function timeout(preset){return schemas_default(fields_duration({min:"1s",max:"24h"}),toMs(preset))}function toConnection({management_key:managementKey,api_url:apiUrl,timeout:timeoutMs}){return{managementKey,apiUrl,timeoutMs}}function missingKey(env){if(env.GITHUB_ACTOR==="dependabot[bot]")return"is empty: Dependabot started this run, so it has Dependabot's secrets and not those of Actions. Store the key as a Dependabot secret too, or skip this step"
const causes="the secret that the workflow names does not exist in the repository, the organization or the environment of the job, or was not passed to a reusable workflow",event=env.GITHUB_EVENT_NAME
return event?.startsWith("pull_request")&&event!=="pull_request_target"?`is empty: on ${event}, runs for forks get no secrets. If this is not a fork, ${causes}`:`is empty: ${causes}`}function isConfidential({protocol,hostname}){return protocol==="https:"||protocol==="http:"&&isLoopback(hostname)}function isLoopback(hostname){return(0,external_node_net_namespaceObject.isIPv4)(hostname)&&hostname.startsWith("127.")||hostname==="localhost"||hostname==="[::1]"}function proxyProblems(env){const{name,value}=proxyVariable(env)
return!value||isProxyUrl(value)?[]:[{input:`${name} (environment variable)`,message:"must be the URL of an http or https proxy, such as http://proxy.example:3128; write % in its user or password as %25"}]}function proxyPasswords(env){const{password=""}=toUrl(proxyVariable(env).value)??{}
return[password,connection_decode(password)??""]}function proxyVariable(env){const name=env.https_proxy?"https_proxy":"HTTPS_PROXY"
return{name,value:env[name]??""}}function isProxyUrl(text){const url=toUrl(text)??toUrl(text.includes("://")?"":`http://${text}`)
return!(url===void 0||!["http:","https:"].includes(url.protocol))&&[url.username,url.password].every(part=>connection_decode(part)!==void 0)}function toUrl(text){return URL.canParse(text)?new URL(text):void 0}function connection_decode(text){try{return decodeURIComponent(text)}catch{return}}const MIN_PASSWORD_LENGTH=4
function readSecrets(){const textsOf=input=>{const secret=getInput(input)
return textsFrom([secret,...secret.split(/[\r\n]+/)],MIN_KEY_LENGTH)}
return{managementKey:textsOf("management-key"),gitHubToken:textsOf("github-token"),seal:textsOf("seal"),proxyPassword:textsFrom(proxyPasswords(process.env),MIN_PASSWORD_LENGTH)}}function textsFrom(texts,minLength){const trimmed=texts.map(text=>text.trim())
return[...new Set(trimmed.filter(text=>text.length>=minLength))]}function declareFailure(code,describe,requestsOf=()=>[]){return{type:"failure",code,describe,requestsOf}}function declareWarning(code,describe){return{type:"warning",code,describe}}class Failure extends Error{name="Failure"
kind
details
constructor(kind,details,reason=kind.code){super(reason)
this.kind=kind
this.details=details}get code(){return this.kind.code}get requests(){return this.kind.requestsOf(this.details)}is(kind){return this.code===kind.code}}function failedRequests(error){return error instanceof ApiError?[error]:error instanceof Failure?error.requests:[]}const VARIABLES=[["FORGEJO_ACTIONS","Forgejo"],["GITEA_ACTIONS","Gitea"],["ACT","act"]]
function engineOf(env){return VARIABLES.find(([name])=>env[name])?.[1]??"GitHub"}function isGitea(env){return["Gitea","Forgejo"].includes(engineOf(env))}const DEFAULT_REPOSITORY="OWNER/openrouter-workspace"
function troubleshootingUrl(code,env){return documentUrl(`troubleshooting.md#${code}`,env)}function documentUrl(page,env=process.env){const ref=env.GITHUB_ACTION_REF||"main"
return`${env.GITHUB_SERVER_URL||"https://github.com"}/${env.GITHUB_ACTION_REPOSITORY||DEFAULT_REPOSITORY}/${isGitea(env)?"src":"blob"}/${ref}/docs/${page}`}const NOTHING_DELETED={nothing:"Nothing was deleted."},SENTENCES={none:{nothing:"Nothing was changed at OpenRouter."},throttled:"OpenRouter reports that it rejected each change of this step, so nothing should have changed.",possible:"This step may have changed something at OpenRouter before that: see its log."}
function describeEffect(effect){return SENTENCES[effect]}function effectLines(effect,{leftovers="",onlyReads=!1}){return effect.flatMap(line=>typeof line=="string"?line:leftovers!==""||onlyReads?[]:line.nothing)}function formatLeftovers(leftovers){return`May still exist at OpenRouter: ${leftovers}.`}const outputsNotWritten=declareFailure("outputs-not-written",({reason,values})=>({title:"The outputs could not be written",lines:[`The runner's file for outputs cannot be written: ${reason}`,"The step stopped there. What it had to do after that was not done.",...Object.entries(values).map(([name,value])=>`${name}: ${value}`)]})),secretOutputNotWritten=declareFailure("secret-output-not-written",({reason,name})=>({title:`The output ${name} could not be written`,lines:[`The runner's file for outputs cannot be written: ${reason}`],effect:["The step stopped there, so no later step has the API key."]})),stateNotWritten=declareFailure("state-not-written",({reason,exists},effect)=>({...describeStateNotWritten({reason}),effect:[exists?`Already exists at OpenRouter: ${exists}.`:describeEffect(effect)]})),stateNotWrittenWarning=declareWarning("state-not-written",describeStateNotWritten)
function describeStateNotWritten({reason}){return{title:"The state for the post step could not be written",lines:[`The runner's state file cannot be written: ${reason}`]}}const summaryNotWritten=declareWarning("summary-not-written",({reason})=>({title:"The job summary could not be written",lines:[reason]})),stateInvalid=declareFailure("state-invalid",({name})=>({title:"The post step cannot read its saved state",lines:[`The state ${name} does not have the expected form.`,"Something in the job sets variables that begin with STATE_, or the action changed during the job."]})),mainStillRunning=declareWarning("main-still-running",({seconds,leftovers})=>({title:"The step is still running after its job ended",lines:[`It was sent SIGTERM, and has not ended within ${seconds} s. Whatever it creates from now on stays.`,formatLeftovers(leftovers)]})),mainWasRunning=declareWarning("main-was-running",({leftovers})=>({title:"The step was still running after its job ended",lines:["It was ended with SIGTERM. Whether it had created anything by then is unknown.",formatLeftovers(leftovers)]})),external_node_fs_namespaceObject=require("node:fs"),external_node_util_namespaceObject=require("node:util"),external_node_http_namespaceObject=require("node:http"),FAILURE_CLASSES={unsent:{retryable:!0,ambiguous:!1,pausesAll:!1},prevented:{retryable:!1,ambiguous:!1,pausesAll:!1},throttled:{retryable:!0,ambiguous:!1,pausesAll:!0},conflict:{retryable:!0,ambiguous:!1,pausesAll:!1},rejected:{retryable:!1,ambiguous:!1,pausesAll:!1},ambiguous:{retryable:!0,ambiguous:!0,pausesAll:!1},unexpected:{retryable:!1,ambiguous:!0,pausesAll:!1},aborted:{retryable:!1,ambiguous:!0,pausesAll:!1}},BY_STATUS={408:"ambiguous",425:"ambiguous",429:"throttled",499:"unexpected",500:"ambiguous",502:"ambiguous",503:"ambiguous",504:"ambiguous",520:"ambiguous",521:"ambiguous",522:"ambiguous",523:"ambiguous",524:"ambiguous"},BY_METHOD={PATCH:{409:"conflict"}}
function classifyResponse(method,status){const isRejection=status>=400&&status<500
return BY_METHOD[method]?.[status]??BY_STATUS[status]??(isRejection?"rejected":"unexpected")}const AFTER_401_MS=[1e3,3e3]
class Acceptance{#isAccepted
constructor(wasAccepted){this.#isAccepted=wasAccepted}confirm(){this.#isAccepted=!0}waitAfter401(count){const wait=this.#isAccepted?AFTER_401_MS[count-1]:void 0
this.#isAccepted=wait!==void 0
return wait}}function backoff(attempt,random){return random*Math.min(8e3,500*2**(attempt-1))}function attemptTimeout(remaining){return Math.max(1e3,Math.min(3e4,remaining/2))}function parseResponse(request,response,server){const{status,body}=response
if(status===404&&parseJson(body)!==void 0&&request.on404)return{data:request.on404()}
if(status<200||status>=300)return toFailure(request,response,server)
const json=parseJson(body)
if(isNestedDeeper(json,MAX_DEPTH))return{kind:"unexpected",reason:`HTTP ${status}, but the body is nested more than ${MAX_DEPTH} levels deep`,...metadata(response,server)}
const parsed=safeParse(request.schema,json)
if(!parsed.success)return{kind:"ambiguous",reason:`HTTP ${status}, but ${describeDefect({body,json},parsed.error)}`,...metadata(response,server)}
const mismatch=request.findMismatch?.(parsed.data)
return mismatch===void 0?{data:parsed.data}:{kind:request.method==="POST"?"unexpected":"ambiguous",reason:`HTTP ${status}, but ${mismatch}`,...metadata(response,server)}}function toFailure({method},response,server){const{status,body}=response,throttling=server.throttling(response),kind=throttling&&server.throttlingStatuses.includes(status)?"throttled":classifyResponse(method,status)
if(status>=300&&status<400)return{kind,reason:`${formatStatus(status)} to ${targetOf(response,server)}. Redirects are not followed, so that no secret is sent to another host`,...metadata(response,server)}
const serverMessage=withoutStatus(extractServerMessage(body),status),reason=formatStatus(status),{waitMs:retryAfterMs,isGuess,until}=throttling??{}
return{kind,reason,...metadata(response,server),serverMessage,retryAfterMs,isGuess,until}}function targetOf({headers:{location}},{apiUrl}){if(typeof location!="string")return"nowhere"
if(!URL.canParse(location,apiUrl))return"an invalid URL"
const{origin,pathname}=new URL(location,apiUrl),parts=pathname.split("/").map(part=>part.length<MIN_KEY_LENGTH?part:"***")
return origin+parts.join("/")}function metadata({status,headers},{requestIdHeader}){const id=headers[requestIdHeader]
return{status,requestId:typeof id=="string"?`${requestIdHeader} ${id}`:void 0}}function formatStatus(status){return`HTTP ${status} ${external_node_http_namespaceObject.STATUS_CODES[status]??""}`.trimEnd()}function withoutStatus(message,status){const phrase=external_node_http_namespaceObject.STATUS_CODES[status]??String(status),start=new RegExp(`^(?:(?:(?:HTTP )?${status} ${phrase}|${phrase}(?=[.:]|$))[\\s.:]*)+`,"i")
return message?.replace(start,"")||void 0}const MAX_DEPTH=100
function describeDefect({body,json},{issues}){if(body.trim()==="")return"the body is empty"
if(json===void 0)return"the body is not JSON"
const names=issues.map(({path})=>path.join("."))
return names.includes("")?"the body is not an object":`the body has no valid ${names.join(", ")}`}const MAX_ERROR_TEXT=16384
function extractServerMessage(body){const json=parseJson(body)
return json===void 0?/^\s*(?:\{|\[\s*["{[])/.test(body)?void 0:textOfPage(body)||void 0:textAt(json,"error","message")??textAt(json,"message")??textAt(json,"error")}function textAt(json,...path){const value=path.reduce((parent,key)=>typeof parent=="object"&&parent!==null?Reflect.get(parent,key):void 0,json)
return typeof value=="string"&&value!==""?value.slice(0,MAX_ERROR_TEXT):void 0}function textOfPage(body){const text=body.slice(0,MAX_ERROR_TEXT).replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi," ").replace(/<[^<>]*>/g," ").replace(/\s+/g," ").trim()
return body.length>MAX_ERROR_TEXT?text.slice(0,Math.max(text.lastIndexOf(" "),0)):text}function retryAfter({headers}){const value=String(headers["retry-after"]??"").trim(),[until,now]=[parseHttpDate(value),parseHttpDate(headers.date)]
return until===void 0||now===void 0?parseSeconds(value):Math.max(until-now,0)}function parseSeconds(text){return/^\d+$/.test(text)?Math.min(Number(text)*1e3,Number.MAX_SAFE_INTEGER):void 0}const HTTP_DATE=/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:[a-z]*day)?, \d\d(?: [A-Z][a-z]{2} \d{4}|-[A-Z][a-z]{2}-\d\d) \d\d:\d\d:\d\d GMT$/
function parseHttpDate(value){if(typeof value!="string"||!HTTP_DATE.test(value))return
const time=Date.parse(value)
return Number.isNaN(time)?void 0:time}const external_node_events_namespaceObject=require("node:events"),external_node_https_namespaceObject=require("node:https"),external_node_tls_namespaceObject=require("node:tls"),systemClock={now:()=>Number(process.hrtime.bigint())/1e6,after:(ms,callback)=>{const timer=setTimeout(callback,Math.max(ms,0))
return()=>clearTimeout(timer)}}
function sleep(clock,ms,signal){return new Promise(resolve=>{if(signal.aborted){resolve(abortReason(signal))
return}const onAbort=()=>{cancel()
resolve(abortReason(signal))},cancel=clock.after(ms,()=>{signal.removeEventListener("abort",onAbort)
resolve(void 0)})
signal.addEventListener("abort",onAbort,{once:!0})})}function abortReason({reason}){return external_node_util_namespaceObject.types.isNativeError(reason)?reason.message:String(reason)}class TransportError extends Error{name="TransportError"
isSent
kind
constructor(reason,{isSent,isPermanent=!1,cause}){super(reason,{cause})
this.isSent=isSent
this.kind=isSent?isPermanent?"unexpected":"ambiguous":isPermanent?"prevented":"unsent"}}const MAX_BODY_BYTES=524288
function httpTransport(userAgent){const agents={"http:":new external_node_http_namespaceObject.Agent({keepAlive:!0}),"https:":new external_node_https_namespaceObject.Agent({keepAlive:!0,rejectUnauthorized})}
return async(request,signal)=>{let isSent=!1
try{signal.throwIfAborted()
const target=new URL(request.url),proxy=lib_getProxyUrl(request.url),agent=proxy?new external_node_https_namespaceObject.Agent({rejectUnauthorized,socket:await openTunnel(proxy,target,signal)}):agents[target.protocol],sending=openRequest(request,{userAgent,agent,signal})
onReady(sending,()=>{isSent=!0
request.onSent?.()})
return await readResponse(await responseTo(sending,request),request)}catch(error){const{reason,isPermanent}=diagnose(signal.aborted?signal.reason:error,isSent),note=proxyNote(request.url)
throw new TransportError(reason+note,{isSent,isPermanent,cause:error})}}}const rejectUnauthorized=!0
function openRequest({method,url,headers,body=""},{userAgent,agent,signal}){return clientFor(url).request(url,{method,headers:{...headers,"user-agent":userAgent,"content-length":Buffer.byteLength(body)},agent,signal})}function clientFor(url){return url.startsWith("https:")?external_node_https_namespaceObject:external_node_http_namespaceObject}async function openTunnel(proxy,target,signal){const{hostname,port,username,password}=new URL(proxy),host=hostname.replace(/^\[|\]$/g,""),path=`${target.hostname}:${target.port||443}`,credentials=[username,password].map(decodeURIComponent).join(":"),hasCredentials=credentials!==":",authorization=`Basic ${Buffer.from(credentials).toString("base64")}`,options={method:"CONNECT",host,port,path,headers:{host:path,...hasCredentials&&{"proxy-authorization":authorization}},agent:!1,signal,rejectUnauthorized,servername:(0,external_node_net_namespaceObject.isIP)(host)?"":host},[{statusCode},socket]=await(0,external_node_events_namespaceObject.once)(clientFor(proxy).request(options).end(),"connect")
if(statusCode>=200&&statusCode<300)return socket
socket.destroy()
throw refusal(statusCode,{hasCredentials})}function refusal(status,{hasCredentials}){return status!==407?new TransportError(`the proxy refused the connection: HTTP ${status}`,{isSent:!1}):new TransportError(hasCredentials?"the proxy rejected the user and the password":"the proxy requires a user and a password",{isSent:!1,isPermanent:!0})}function onReady(request,callback){request.once("socket",socket=>{const isTls=socket instanceof external_node_tls_namespaceObject.TLSSocket
request.reusedSocket||!isTls&&!socket.connecting?callback():socket.once(isTls?"secureConnect":"connect",callback)})}function responseTo(sending,{body}){return new Promise((resolve,reject)=>{sending.on("response",resolve).on("error",reject).end(body)})}async function readResponse(message,{maxBytes=MAX_BODY_BYTES}){const start=systemClock.now(),status=message.statusCode??0
let body="",size=0
try{for await(const chunk of message.setEncoding("utf8")){size+=Buffer.byteLength(chunk)
if(size>maxBytes)throw new Error(`the response is larger than ${maxBytes/1024} KiB`)
body+=chunk}}catch(error){if(status<400||status===404)throw error
parseJson(body)===void 0&&(body="")}return{status,headers:message.headers,body,bodyMs:systemClock.now()-start}}const TRANSIENT_REASONS={ECONNREFUSED:"the connection was refused",ECONNRESET:"the connection was closed before the response was complete",EAI_AGAIN:"the host name could not be resolved",ENOTFOUND:"the host name does not exist",EHOSTUNREACH:"there is no route to the host",ENETUNREACH:"there is no route to the network",ETIMEDOUT:"the connection timed out",EPIPE:"the connection was closed while the request was being sent"},PERMANENT_REASONS=[[/^EPROTO$/,"the TLS handshake failed: the server uses no TLS, or a version that is not supported here"],[/SELF_SIGNED|^UNABLE_TO/,"the certificate is issued by an authority that is not trusted here; the variable NODE_EXTRA_CA_CERTS can name a file with its certificate"],[/ALTNAME/,"the certificate is for another host"],[/CERT(_|$)|^(HOSTNAME|INVALID|PATH|UNSPECIFIED)/]]
function diagnose(error,isSent){if(!external_node_util_namespaceObject.types.isNativeError(error))return{reason:String(error),isPermanent:!1}
const{message}=error
if(error instanceof TransportError)return{reason:message,isPermanent:error.kind==="prevented"}
const code="code"in error&&typeof error.code=="string"?error.code:"",permanent=PERMANENT_REASONS.find(([codes])=>codes.test(code)),reason=code!=="ECONNRESET"||isSent?permanent?.[1]??TRANSIENT_REASONS[code]??message:"the connection was closed before it was established"
return{reason:code?`${reason} (${code})`:reason,isPermanent:permanent!==void 0}}function proxyNote(url){const proxy=lib_getProxyUrl(url)
return proxy?`, through the proxy ${new URL(proxy).host}`:""}function sendOnce(request,options){return options.effect.watch(request,()=>exchange(request,options))}async function exchange(request,options){const{server,transport,clock,log,isBeforeTimeout,deadline,signal}=options,start=clock.now()
if(isBeforeTimeout&&deadline<=start)return prevented(request,"its time was over before it was sent",options)
const attempt=startAttempt(timeoutOf(options),request,options),{value:response,error}=await catching(transport({...toHttpRequest(request,options),onSent:attempt.onSent},attempt.signal).finally(attempt.end),TransportError)
response&&request.onBody?.(response.body)
const elapsedMs=clock.now()-start,result=error?error.message:`HTTP ${response.status}`
log.request(`${formatCall(request)}: ${result}, after ${Math.round(elapsedMs)} ms`)
if(error){const isStopped=signal.aborted&&attempt.signal.reason===signal.reason
return fail(request,classifyTransportError(error,{...options,isStopped},elapsedMs),options)}const headersAt=clock.now()-(response.bodyMs??0),parsed=parseResponse(request,response,server)
if("kind"in parsed)return fail(request,parsed,options)
const{status,body}=response,serverTime=parseHttpDate(response.headers.date),link=response.headers.link?.toString(),{data}=parsed
return{kind:"succeeded",response:{data,status,serverTime,size:body.length,headersAt,link}}}function timeoutOf({clock,deadline,isBeforeTimeout}){const left=deadline-clock.now()
return isBeforeTimeout?Math.min(attemptTimeout(left),left):attemptTimeout(left)}function toHttpRequest({method,path,url,body,maxBytes},{server:{apiUrl,headers}}){return{method,url:url?.(apiUrl)??apiUrl+path,headers:{...headers,...body&&{"content-type":"application/json"}},...body&&{body:toJson(body)},...maxBytes&&{maxBytes}}}function classifyTransportError({isSent,kind,message:reason},{server,signal,clock,deadline,isStopped},elapsedMs){const{host}=new URL(server.apiUrl)
if(!isStopped)return{kind,reason,noResponse:{host,elapsedMs}}
const facts={reason,isCancelled:isCancelled(signal)}
return isSent?{kind:"aborted",...facts}:{kind:"prevented",...facts,...clock.now()>=deadline&&{noResponse:{host,elapsedMs}}}}function prevented(request,reason,options){return fail(request,{kind:"prevented",reason,isCancelled:isCancelled(options.signal)},options)}function fail(request,failure,{server}){const{operation,method,path,mayLeaveBehind,recovery,hint,readOnly}=request
return{kind:failure.kind,failure:{server:server.name,operation,method,path,mayLeaveBehind,recovery,hint,readOnly,...failure}}}const POST_GRACE_MS=6e3
function startAttempt(ms,request,{clock,signal,deadline}){const attempt=new AbortController
let isSent=!1,cancelTimer=clock.after(ms,()=>attempt.abort(new Error(`no complete response within ${formatSeconds(ms)}`)))
const stop=()=>attempt.abort(signal.reason),onAbort=()=>{if(!isSent||!isCancelled(signal)||!creates(request))return stop()
cancelTimer()
cancelTimer=clock.after(Math.min(POST_GRACE_MS,deadline-clock.now()),stop)}
signal.aborted?stop():signal.addEventListener("abort",onAbort)
return{signal:attempt.signal,onSent(){isSent=!0},end(){cancelTimer()
signal.removeEventListener("abort",onAbort)}}}const mainProcess=()=>object({pid:schemas_number().check(refine(pid=>pid>=1)),startTime:schemas_string()})
function thisProcess(){const stat=readStat("self"),startTime=runningSince(stat),{pid}=process
return startTime!==void 0&&stat.startsWith(`${pid} `)?{pid,startTime}:void 0}function isRunning({pid,startTime}){return runningSince(readStat(pid))===startTime}const END_WITHIN_MS=POST_GRACE_MS+2e3,POLL_MS=20
async function endProcess(main,{clock,signal}){terminate(main)
const deadline=clock.now()+END_WITHIN_MS
for(;isRunning(main);){if(clock.now()>deadline||signal.aborted)return!1
await sleep(clock,POLL_MS,signal)}return!0}function terminate({pid}){try{process.kill(pid,"SIGTERM")}catch(error){if(codeOf(error)!=="ESRCH"&&codeOf(error)!=="EPERM")throw error}}function readStat(pid){try{return(0,external_node_fs_namespaceObject.readFileSync)(`/proc/${pid}/stat`,"utf8")}catch(error){if(codeOf(error)===void 0)throw error
return""}}function codeOf(error){return external_node_util_namespaceObject.types.isNativeError(error)&&"code"in error?error.code:void 0}function runningSince(stat){const[state="",...fields]=stat.slice(stat.lastIndexOf(")")+2).split(" ")
return state==="Z"||state==="X"?void 0:fields[18]}const savedTask=task=>object({apiUrl,timeoutMs:schemas_number(),task}),TASK_STATE="task",MAIN_PROCESS_STATE="main-process"
function openJournal({apiUrl,timeoutMs},report){const main=thisProcess(),problem=main&&report.saveState(MAIN_PROCESS_STATE,main)
problem!==void 0&&report.debug(`The id of this process could not be saved: ${problem}`)
return(task,{exists,orWarn=!1}={})=>{const reason=report.saveState(TASK_STATE,task&&{apiUrl,timeoutMs,task})
if(reason!==void 0){if(!orWarn)throw new Failure(stateNotWritten,{reason,exists})
report.warn(stateNotWrittenWarning,{reason})}}}function readJournal(taskSchema){const text=getState(TASK_STATE)
if(text==="")return"missing"
if(text==="null")return"cleared"
const{data}=safeParse(savedTask(taskSchema),parseJson(text))
return data??new Failure(stateInvalid,{name:TASK_STATE})}function findRunningMain(){const{data:main}=safeParse(mainProcess(),parseJson(getState(MAIN_PROCESS_STATE)))
return main&&isRunning(main)?main:void 0}const package_namespaceObject=JSON.parse('{"UU":"openrouter-workspace","rE":"1.0.0"}'),HOUR_MS=36e5,GUESS_MS=6e4
function gitHub({apiUrl,token}){return{name:"GitHub",apiUrl,headers:{accept:"application/vnd.github+json",authorization:`Bearer ${token}`,"x-github-api-version":"2022-11-28"},throttlingStatuses:[403,503],throttling,writeIntervalMs:1e3,requestIdHeader:"x-github-request-id"}}function throttling(response){const asked=retryAfter(response)
if(isPlausible(asked))return{waitMs:asked}
const reset=readReset(response)
return reset||(response.status===429||asked!==void 0||isUsedUp(response)||isSecondary(response)?{waitMs:GUESS_MS,isGuess:!0}:void 0)}function isPlausible(ms){return ms!==void 0&&ms>=0&&ms<=HOUR_MS}function isUsedUp({headers}){return headers["x-ratelimit-remaining"]==="0"}function readReset(response){const{headers}=response,reset=parseSeconds(String(headers["x-ratelimit-reset"]??"")),now=Date.parse(String(headers.date))
if(!isUsedUp(response)||reset===void 0)return
const waitMs=Math.max(reset-now,0)
return isPlausible(waitMs)?{waitMs,until:`until ${new Date(reset).toISOString().slice(11,16)} UTC`}:void 0}function isSecondary({body}){return extractServerMessage(body)?.includes("secondary rate limit")===!0}function createClient(options){return new Client({...options,acceptance:new Acceptance(options.wasAccepted??!1),throttle:{limit:limitTo(MAX_CONCURRENCY),pausedUntil:Number.NEGATIVE_INFINITY,isGuess:!1,guesses:0,nextWriteAt:Number.NEGATIVE_INFINITY}})}class Client{#options
#limits
constructor(options,limits={reserve:0,patience:"specified"}){this.#options=options
this.#limits=limits}async request(request){const failures=[]
let trusts404=request.trusts404??!1
for(;;){const outcome=await this.send(request)
outcome.kind!=="succeeded"&&failures.push(outcome.failure)
if(!trusts404&&statusOf(outcome)===404){trusts404=!0
await this.pause(CONFIRM_404_AFTER_MS)
continue}const mayBeApplied=failures.some(({kind})=>FAILURE_CLASSES[kind].ambiguous)
if(outcome.kind==="succeeded")return{...outcome.response,mayBeApplied}
const retried=this.#toRetry(failures),stop=retried&&await this.waitForRetry(retried,failures.length)
if(!retried||stop)throw toApiError(failures,{ambiguous:mayBeApplied,...stop})}}#toRetry(failures){const failure=failures.at(-1),{status,kind}=failure
if(status===401){const count=failures.filter(other=>other.status===401).length,retryAfterMs=this.#options.acceptance.waitAfter401(count)
return retryAfterMs===void 0?void 0:{...failure,retryAfterMs}}return FAILURE_CLASSES[kind].retryable?failure:void 0}async send(request){const{acceptance,throttle}=this.#options
isRead(request)||await this.#waitForWrite()
return throttle.limit(async()=>{const stopReason=await this.#waitUntilResumed()
if(stopReason!==void 0)return prevented(request,stopReason,this.#options)
const outcome=await sendOnce(request,this.#limited())
if(outcome.kind==="succeeded"){acceptance.confirm()
throttle.guesses=0
return outcome}const failure=this.#withWait(outcome.failure)
request.isOptional||this.#pauseAfter(failure,failure.retryAfterMs??0)
return{...outcome,failure}})}async#waitForWrite(){const{server,throttle,clock,signal}=this.#options,now=clock.now(),at=Math.max(now,throttle.nextWriteAt)
throttle.nextWriteAt=at+(server.writeIntervalMs??0)
at>now&&await sleep(clock,at-now,signal)}#withWait(failure){const{throttle,clock}=this.#options
if(!failure.isGuess||failure.retryAfterMs===void 0)return failure
const rest=throttle.pausedUntil-clock.now()
if(rest>0)return{...failure,retryAfterMs:rest}
throttle.guesses+=1
return{...failure,retryAfterMs:failure.retryAfterMs*2**(throttle.guesses-1)}}async waitForRetry(failure,attempt){const stopReason=await this.#sleepBeforeRetry(failure,attempt)
if(stopReason!==void 0)return{stopReason,isCancelled:isCancelled(this.#options.signal)}}async#sleepBeforeRetry(failure,attempt){const{clock,random,deadline,isBeforeTimeout,signal,log}=this.#limited()
if(signal.aborted)return abortReason(signal)
const wait=Math.max(failure.retryAfterMs??0,backoff(attempt,random()))
if(failure.kind==="throttled"&&!this.#waitsFor(failure))return"the step does not wait"
if(clock.now()+wait>=deadline)return isBeforeTimeout?"its time was over":"the timeout"
log.request(`${formatOperation(failure)}. Retrying in ${formatSeconds(wait)}.`)
this.#pauseAfter(failure,wait)
return sleep(clock,wait,signal)}async pause(ms){const{clock,signal}=this.#options
await sleep(clock,Math.min(ms,this.timeLeft()/4),signal)}within(ms){const{deadline,clock}=this.#options,reserve=Math.max(this.#limits.reserve,deadline()-clock.now()-ms)
return new Client(this.#options,{...this.#limits,reserve})}withPatience(patience){return new Client(this.#options,{...this.#limits,patience})}#waitsFor({isGuess=!1}){const{patience}=this.#limits
return patience==="any"||patience==="specified"&&!isGuess}async untilResumed(){await this.#waitUntilResumed()}isPaused(){const{clock,throttle}=this.#options
return throttle.pausedUntil>clock.now()}timeLeft(){return this.#limited().deadline-this.#options.clock.now()}async#waitUntilResumed(){const{server,clock,signal,throttle}=this.#options
for(;;){const{pausedUntil}=throttle,wait=pausedUntil-clock.now()
if(wait<=0)return
const{deadline,isBeforeTimeout}=this.#limited(),required=`${server.name} requires a wait of ${formatSeconds(wait)}`
if(!this.#waitsFor(throttle))return`${required}, for which the step does not wait`
if(pausedUntil>=deadline)return`${required}, which exceeds ${isBeforeTimeout?"the time that it has":"the timeout"}`
const stopReason=await sleep(clock,wait,signal)
if(stopReason!==void 0)return stopReason}}#pauseAfter({kind,isGuess=!1},ms){const{throttle,clock}=this.#options
if(FAILURE_CLASSES[kind].pausesAll&&!(clock.now()+ms<=throttle.pausedUntil)){throttle.pausedUntil=clock.now()+ms
throttle.isGuess=isGuess}}#limited(){const timeout=this.#options.deadline(),isBeforeTimeout=this.#limits.reserve>0
return{...this.#options,deadline:timeout-this.#limits.reserve,isBeforeTimeout}}}const CONFIRM_404_AFTER_MS=1e3
function statusOf(outcome){return outcome.kind==="succeeded"?outcome.response.status:outcome.failure.status}const MAX_CONCURRENCY=8
function limitTo(max){let running=0
const waiting=[]
return async call=>{running<max?running+=1:await new Promise(resolve=>waiting.push(resolve))
try{return await call()}finally{const next=waiting.shift()
next?next():running-=1}}}async function forOneOfMany(clients){for(const client of Object.values(clients))await client.untilResumed()
const halves=Object.entries(clients).map(([name,client])=>[name,client.within(client.timeLeft()/2)])
return Object.fromEntries(halves)}async function forEachOf(items,handle){const queue=each(items),loops=Array.from({length:MAX_CONCURRENCY},async()=>{for(const item of queue)await handle(item)})
try{await Promise.all(loops)}finally{await Promise.allSettled(loops)}}function*each(items){yield*items}function recordEffect(){let possible=0,wasThrottled=!1
return{async watch(request,send){if(isRead(request))return send()
possible+=1
const outcome=await send()
outcome.kind==="succeeded"||FAILURE_CLASSES[outcome.kind].ambiguous||(possible-=1)
wasThrottled||=outcome.kind==="throttled"
return outcome},current:()=>possible>0?"possible":wasThrottled?"throttled":"none"}}const LIFE_COUNTERS=["usage","byok_usage"],COUNTERS=[...LIFE_COUNTERS,"usage_daily","usage_weekly","usage_monthly","byok_usage_daily","byok_usage_weekly","byok_usage_monthly"]
class CounterMemory{#seen=new Map
see(key){const seen=withLarger(key,this.#seen.get(key.hash),LIFE_COUNTERS)
this.#seen.set(key.hash,seen)
return seen}}function withLargerCounters(key,other){return withLarger(key,other,COUNTERS)}function withLarger(key,other,counters){if(!other)return key
const larger=counters.map(name=>[name,oneOf(maxUsd,key[name],other[name])])
return{...key,...Object.fromEntries(larger),limit_remaining:remainderOf(key,other)}}function remainderOf(key,other){return key.limit!==other.limit||key.limit_reset||other.limit_reset?key.limit_remaining:oneOf(minUsd,key.limit_remaining,other.limit_remaining)}function oneOf(choose,a,b){return a===void 0||b===void 0?a??b:choose(a,b)}function openRouter({apiUrl,managementKey}){return{name:"OpenRouter",apiUrl,headers:{accept:"application/json",authorization:`Bearer ${managementKey}`},throttlingStatuses:[503],throttling(response){const waitMs=retryAfter(response)
return waitMs===void 0?void 0:{waitMs}},requestIdHeader:"cf-ray"}}function describeApiError(details,effect,context={}){const{lines,...part}=describeRequest(details),ordered=mayBeApplied(details)?[recoveryOf(details),...lines]:[...lines,...effectLines([describeEffect(effect)],context)]
return{code:describe_api_error_codeOf(details),...part,lines:ordered}}function describePart({details},toDo){const{lines,...part}=describeRequest(details,toDo)
return{...part,lines:[...lines,...mayBeApplied(details)?[unknownOutcome(details)]:[]]}}function describeRequest(details,toDo=adviceAfterLookup(details)){return{title:`${describeOutcome(details)}: ${describeCause(details)}`,lines:[...messageOf(details),...toDo],details:requestLines(details)}}function describeOutcome(details){const failed=`Could not ${details.operation}`
return mayBeApplied(details)?`${failed}, or only the response was lost`:failed}function rejectionAdvice(errors){const rejections=errors.filter(({details:{kind,status=0}})=>kind==="rejected"&&CODES_BY_STATUS[status])
return[...new Set(rejections.flatMap(({details})=>advice(details)))]}function statusAdvice({server,status=0}){return status>=500?[SERVERS[server].status]:[]}const MAX_SHOWN=200,EXPLAINED=new Set(["forbidden","payment-required","not-found","request-rejected","conflict"])
function messageOf(details){const{server,serverMessage=""}=details
return EXPLAINED.has(causeCodeOf(details))&&serverMessage.length<=MAX_SHOWN&&serverMessage?[`${server}: ${serverMessage}`]:[]}function requestLines(details){const{lookupFailure,requestId,server}=details,last=lookupFailure??details
return[formatAttempt(details),...lookupFailure?[`Could not check the outcome: ${formatAttempt(lookupFailure)}`]:[],...attemptLines(last,last===lookupFailure?"Attempts to check the outcome":"Attempts"),...requestId?[`Request id for ${server}'s support: ${requestId}`]:[]]}function attemptLines({attempts,stopReason,reason},what){const isNew=stopReason!==void 0&&stopReason!==reason
return isNew||attempts!==1?[`${what}: ${attempts}${isNew?`, until ${stopReason}`:""}.`]:[]}const CODES_BY_STATUS={401:"unauthorized",402:"payment-required",403:"forbidden",404:"not-found"},CODES_BY_KIND={unsent:"unreachable",prevented:"unreachable",throttled:"throttled",conflict:"conflict",rejected:"request-rejected",ambiguous:"server-error",unexpected:"unexpected-response",aborted:"timed-out"}
function mayBeApplied(details){return details.ambiguous&&!isRead(details)}function describe_api_error_codeOf(details){return mayBeApplied(details)?"outcome-unknown":causeCodeOf(details)}function causeCodeOf(details){const{kind,status=0}=details
return details.isCancelled?"cancelled":kind!=="prevented"||details.noResponse?(kind==="throttled"?void 0:CODES_BY_STATUS[status])??CODES_BY_KIND[kind]:"timed-out"}const CAUSES={unauthorized:({server})=>SERVERS[server].unauthorized,forbidden:({server})=>`${server} does not allow it`,"payment-required":({server})=>`${server} requires credits or another plan`,"not-found":({server})=>`${server} does not find it`,"request-rejected":({server})=>`${server} rejected the request`,conflict:()=>"another request is changing it",throttled:({server,until})=>`${server} limits the rate of requests${until?` ${until}`:""}`,unreachable:({server})=>`${server} cannot be reached`,"timed-out":({server})=>`${server} did not respond in time`,cancelled:()=>"the run was cancelled","server-error":describeResponder,"unexpected-response":describeResponder}
function describeResponder({server,status=0}){return status>=500?`${server} failed`:status<400?`${server} sent no valid response`:`${server} did not process it`}function describeCause(details){const{isCancelled,reason,stopReason=reason,status}=details
return isCancelled?stopReason:status===void 0?reason:`${CAUSES[causeCodeOf(details)](details)} (HTTP ${status})`}const SERVERS={OpenRouter:{unauthorized:"OpenRouter rejected the management key",credential:["The management key was deleted, or the secret has another kind of key.","Create one at https://openrouter.ai/settings/management-keys, and store it in the secret that management-key uses."],permission:"If the account is an organization, use a management key that one of its administrators created.",settings:["The account's security settings can be the cause, too: an IP allowlist, or a maximum key lifetime."],wrongPath:"Check that api-url ends with the path of the API, as in https://openrouter.ai/api/v1.",address:"api-url",status:"See https://status.openrouter.ai, and run this again once OpenRouter works."},GitHub:{unauthorized:"GitHub rejected github-token",credential:["github-token must be the token of this job, or another one that has not expired."],permission:"Check the permissions of the job.",settings:[],wrongPath:"Check the environment variable GITHUB_API_URL.",address:"the environment variable GITHUB_API_URL",status:"See https://www.githubstatus.com, and run this again once GitHub works."}}
function checkNetwork({server,noResponse}){return`Check ${SERVERS[server].address}, and whether DNS, a proxy or a firewall keeps the runner from ${noResponse?.host??"that host"}.`}const ADVICE={unauthorized:({server})=>SERVERS[server].credential,forbidden:({hint,server})=>[hint??SERVERS[server].permission,...SERVERS[server].settings],"payment-required":({hint})=>[hint??"The account lacks the credits or the plan for this: see https://openrouter.ai/settings/credits."],"not-found":({hint,server})=>[hint??SERVERS[server].wrongPath],"request-rejected":({server,serverMessage})=>[serverMessage?`Correct the input that ${server} rejects.`:`The response of ${server} has no reason that can be shown.`],conflict:()=>["Run this again."],throttled:()=>["Wait, then run this again."],unreachable:()=>[],"timed-out":()=>[],cancelled:()=>[],"server-error":adviceOnResponder,"unexpected-response":adviceOnResponder}
function adviceOnResponder({status,server}){return status===void 0?[]:status<400?[`Check ${SERVERS[server].address}, and whether a proxy or a login page responds instead of ${server}.`]:[SERVERS[server].status]}function adviceAfterLookup(details){const last=details.lookupFailure??details
return[...new Set([...details.noResponse&&!last.isCancelled&&last.status===void 0?[checkNetwork(details)]:[],...advice(last)])]}function advice(details){const{kind,status=0,noResponse,isCancelled}=details
return isCancelled?ADVICE.cancelled(details):kind==="throttled"?ADVICE.throttled(details):noResponse?[checkNetwork(details)]:ADVICE[CODES_BY_STATUS[status]??causeCodeOf(details)](details)}function unknownOutcome({server}){return`Whether ${server} did it, and only the response was lost, is unknown.`}function recoveryOf({mayLeaveBehind,recovery}){return recovery??`Before running this again, check for ${mayLeaveBehind??"its effect"}.`}const INTERNAL_ERROR="internal-error"
function describeError(error,effect,context={}){const description=describeAlone(error,effect,context),{leftovers="",advice}=context
if(advice&&error instanceof ApiError){const{code,title,details}=description,{lines}=describePart(error)
return{code,title,lines:[...advice.lines,...error.details.kind==="rejected"?lines:[]],details:[...details??[],...advice.details]}}return leftovers===""?description:{...description,lines:[...description.lines,formatLeftovers(leftovers)]}}function describeAlone(error,effect,context){return error instanceof Failure?describeFailure(error,effect,context):error instanceof ApiError?describeApiError(error.details,effect,context):error instanceof Cancellation?describeCancellation(error):{code:INTERNAL_ERROR,title:"Internal error in this action",lines:[external_node_util_namespaceObject.types.isNativeError(error)?error.stack??error.message:String(error),"This is a defect of the action and not of the workflow. Please report it, with this log.",...effectLines([describeEffect(effect)],context)]}}function describeCancellation({received}){return{code:"cancelled",title:`The run was cancelled (${received})`,lines:["The step ended with the response to its last request. What that has created or changed is in the log and in the outputs. What had to follow was not done."]}}function describeFailure({kind,details,code},effect,context){const{lines,effect:ownEffect=[describeEffect(effect)],...text}=kind.describe(details,effect)
return{code,...text,lines:[...lines,...effectLines(ownEffect,context)]}}function describeWarning(kind,facts){return{code:kind.code,...kind.describe(facts)}}const UNPRINTABLE=/[[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]--[\p{Join_Control}\p{Variation_Selector}]]+/gv,MAX_LENGTH=2e3
function toLine(text,redact){return truncate(bounded(text,(part,cut)=>redact(printable(part).trimEnd(),cut))).replaceAll("##[","## [").replace(/^(\s*)::/,"$1: :")}const MAX_MESSAGE=4e3,MAX_END=1e3,MAX_START=2900
function toMessage(lines){const text=lines.join("\n")
if(text.length<=MAX_MESSAGE)return{text,omitted:0}
const fitting={sizeOf:lengthWithBreak,render:line=>line},start=takeFitting(lines,{size:MAX_START,...fitting}),end=takeFitting(lines.toReversed(),{size:MAX_END,...fitting}),omitted=lines.length-start.length-end.length,note=`\u2026 and ${omitted} more: see the job summary.`
return{text:[...start,note,...end.toReversed()].join("\n"),omitted}}function lengthWithBreak(line){return line.length+1}function takeFitting(items,{size,sizeOf,render}){const texts=[]
let rest=size
for(const item of items){const text=render(item)
rest-=sizeOf(text)
if(rest<0)break
texts.push(text)}return texts}const ENTITIES={"&":"&amp;","<":"&lt;",">":"&gt;",'"':"&quot;","'":"&#39;","\n":"<br>"}
function toHtml(text,redact){return truncate(bounded(text,(part,cut)=>redact(part.split(/\r\n|[\r\n]/).map(printable).join("\n"),cut))).replace(/[&<>"'\n]/g,character=>ENTITIES[character])}const MAX_CLEANED=4096
function bounded(text,clean){const isCut=text.length>MAX_CLEANED
return clean(text.slice(0,MAX_CLEANED),{isCut})+(isCut?"\u2026":"")}function printable(text){return(0,external_node_util_namespaceObject.stripVTControlCharacters)(text).replace(UNPRINTABLE," ")}function truncate(text){return(text.length>MAX_LENGTH?`${text.slice(0,MAX_LENGTH)}\u2026`:text).toWellFormed()}const MAX_VALUE_BYTES=6e4,MAX_VALUE_SIZE=MAX_VALUE_BYTES/1e3+" kB",MAX_ENTRIES_BYTES=MAX_VALUE_BYTES-2
function sizeWithComma(json){return Buffer.byteLength(json)+1}function toJsonList(entries,items){const shown=takeFitting(entries,{size:MAX_ENTRIES_BYTES,sizeOf:sizeWithComma,render:toJson}),[count,total]=[shown.length,entries.length]
return{json:`[${shown.join(",")}]`,shown:count,total,items}}function describeOmitted(outputs){return Object.entries(outputs).flatMap(([name,value])=>{if(typeof value=="string"||value.shown===value.total)return[]
const{shown,total,items}=value
return`The output ${name} lacks ${total-shown} of ${total} ${items}: it is limited to ${MAX_VALUE_SIZE}.`})}const format_usd_DECIMALS=2,DECIMALS_OF_SMALL=4,SMALL=toUsd(.1)
function formatUsd(amount,rounding="nearest"){const shown=roundShown(amount,rounding)
return shown!==0n||amount<=0n?formatExactUsd(shown):rounding==="down"?formatExactUsd(amount):LESS_THAN_SHOWN}function formatUsdNextTo(limit,amount,rounding="nearest"){const compare=one=>one<limit?-1:Number(one>limit)
return compare(roundShown(amount,rounding))===compare(amount)?formatUsd(amount,rounding):formatExactUsd(amount)}function formatExactUsd(amount,minDecimals=format_usd_DECIMALS){if(amount<0n)return`-${formatExactUsd(-amount,minDecimals)}`
const[whole="",fraction]=exactUsd(amount,minDecimals).split(".")
return`$${formatCount(BigInt(whole))}.${fraction}`}function columnFormat(amounts,total=sumUsd(amounts)){const cents=amount=>roundTo(format_usd_DECIMALS,amount,"nearest"),needsMore=amounts.some(amount=>amount>0n&&amount<SMALL)||sumUsd(amounts.map(cents))!==cents(total),decimals=needsMore?DECIMALS_OF_SMALL:format_usd_DECIMALS
return(amount,rounding="nearest")=>{const shown=roundTo(decimals,amount,rounding)
return shown===0n&&amount>0n&&rounding==="nearest"?LESS_THAN_SHOWN:formatExactUsd(shown,decimals)}}const LESS_THAN_SHOWN="<$0.0001"
function roundShown(amount,rounding){return roundTo(-SMALL<amount&&amount<SMALL?DECIMALS_OF_SMALL:format_usd_DECIMALS,amount,rounding)}function roundTo(decimals,amount,rounding){if(amount<0n)return-roundTo(decimals,-amount,"nearest")
const unit=toUsd(10**-decimals),added={nearest:unit/2n,down:0n,up:unit-1n}[rounding]
return amount+added-(amount+added)%unit}const TIMESTAMP=/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/,EARLIEST=Date.UTC(2023,0)
function readTime(value){const time=Date.parse(typeof value=="string"&&TIMESTAMP.test(value)?value:"")
return time>=EARLIEST?time:void 0}function createdAt(resource){return readTime(resource.created_at)}function formatTime(ms){const json=new Date(ms).toJSON()
return json?.replace(/\.\d+Z$/,"Z")??"an unknown time"}function isSameYear(one,other){return yearOf(one)===yearOf(other)}function yearOf(ms){return new Date(ms).getUTCFullYear()}function formatMinute(ms,options){const{day,time}=partsOf(ms,options)
return`${day} ${time} UTC`}function formatDayTime(ms,options){const{day,time}=partsOf(ms,options)
return options.withYear?`${unbroken(day)} ${time}`:unbroken(`${day} ${time}`)}function formatDay(ms,options){return unbroken(partsOf(ms,options).day)}function partsOf(ms,{withYear}){const[,day,month,year,time]=new Date(ms).toUTCString().split(" ")
return{day:`${Number(day)} ${month}${withYear?` ${year}`:""}`,time:time?.slice(0,5)}}const LIKELY_SECRET=/sk(?:-|%2D)or(?:-|%2D)[\w%-]{16,}/gi,SECRET_PREFIX=/^sk-or-[a-z\d]+-/,amount=schemas_catch(optional(usd),void 0),keyHash=schemas_string().check(_regex(/^[\w-]{1,200}$/)),key=looseObject({hash:keyHash,name:schemas_string(),label:schemas_string(),workspace_id:schemas_string(),limit:schemas_catch(optional(nullable(usd)),void 0),limit_remaining:amount,usage:amount,usage_daily:amount,usage_weekly:amount,usage_monthly:amount,byok_usage:amount,byok_usage_daily:amount,byok_usage_weekly:amount,byok_usage_monthly:amount}),LISTED_FIELDS=[...Object.keys(key.shape),"created_at","disabled","expires_at","limit_reset","updated_at","include_byok_in_limit"],keyPage=pageOf(pipe(key,transform(function(key){const{hash,name,label,workspace_id}=key,fields=LISTED_FIELDS.filter(field=>{return field in key&&!(value=key[field],typeof value=="object"&&value!==null)
var value})
return{...Object.fromEntries(fields.map(field=>[field,key[field]])),hash,name,label,workspace_id}}))),createKeyRequest=object({name:schemas_string("must be a name"),workspace_id:schemas_string(),limit:optional(usd),limit_reset:optional(schemas_enum(["daily","weekly","monthly"],"must be daily, weekly or monthly")),include_byok_in_limit:optional(schemas_boolean("must be true or false")),expires_at:nullable(schemas_string())}),createdKey=pipe(object({data:key,key:bearerToken}),transform(({data,key:secret})=>({key:data,secret})))
function sendKey(client,body,registerSecrets){return client.send({operation:`create the API key ${JSON.stringify(body.name)}`,mayLeaveBehind:`an API key named ${JSON.stringify(body.name)}`,recovery:"The post step of this action, if it runs, looks for the API key and deletes it.",method:"POST",path:"/keys",body,schema:createdKey,hint:WORKSPACE_MAY_BE_DELETED,onBody:text=>registerSecrets(secretsIn(text))})}function secretsIn(text){const{data}=safeParse(object({key:schemas_string()}),parseJson(text)),likely=text.match(LIKELY_SECRET)??[],returned=data?[data.key,...data.key.split(/\s+/)]:[]
return[...new Set([...returned,...likely])].filter(({length})=>length>=MIN_KEY_LENGTH).slice(0,MAX_SECRETS)}const MAX_SECRETS=20,WORKSPACE_MAY_BE_DELETED="The workspace may have been deleted in the meantime, or the management key may lack permission to manage API keys, or be limited to another workspace."
async function listKeys({client,counters},workspace){const{items,serverTime}=await listAll(client,keyList(workspace))
return{keys:items.map(key=>counters.see(key)),serverTime}}function keyList({id,slug}){return{operation:`list the API keys of the workspace "${slug}"`,path:"/keys",query:{workspace_id:id,include_disabled:"true",include_expired:"true"},schema:keyPage,findMismatch({data}){const other=data.find(({workspace_id})=>workspace_id!==id)
return other&&`it lists a key of the workspace ${other.workspace_id}`},idOf:({hash})=>hash,merge:withLargerCounters,hint:WORKSPACE_MAY_BE_DELETED}}function keyRequest(hash,name){return{operation:`read the API key ${name}`,method:"GET",path:`/keys/${encodeURIComponent(hash)}`,schema:envelope(key),on404:()=>{},findMismatch:returned=>returned&&returned.hash!==hash?`the response is about the API key with the hash ${returned.hash}`:void 0}}async function requestKey({client,counters},request){const{data,serverTime}=await client.request(request)
return{key:data&&counters.see(data),serverTime}}function deleteKey(reader,key){const facts={operation:`delete the API key ${describeKey(key)}`,mayLeaveBehind:`the API key ${describeKey(key)}, which may still exist`,path:`/keys/${encodeURIComponent(key.hash)}`},lookup={...keyRequest(key.hash,describeKey(key)),trusts404:!0}
return sendDeletion(reader.client,facts,async()=>(await requestKey(reader,lookup)).key)}async function deleteEach(keys,reader,onDeleted){const undeleted=[]
await forEachOf(keys,async key=>{const{value:deletion,error}=await catching(deleteKey(reader,key),ApiError)
error?undeleted.push({key,error}):deletion.kind==="unclear"?undeleted.push({key,error:deletion.error}):deletion.kind==="deleted"&&onDeleted(key)})
return undeleted}function isDisabled(key){return key.disabled===!0}function keyState(key,now){if(isDisabled(key))return"disabled"
const expiry=readTime(key.expires_at)
return expiry!==void 0&&now!==void 0&&expiry<=now?"expired":"works"}function disableKey(reader,key,{name,...options}={}){const request=keyRequest(key.hash,describeKey(key))
return requestKey(reader,{...request,...options,body:{disabled:!0,...name!==void 0&&{name}},operation:`disable the API key ${describeKey(key)}`,mayLeaveBehind:`the API key ${describeKey(key)}, which may still work`,method:"PATCH",findMismatch(updated){const isWorking=updated&&!isDisabled(updated)
return request.findMismatch?.(updated)??(isWorking?"the API key is not disabled":void 0)}})}const MAX_NAME_LENGTH=100
function describeKey({name,label}){const shownName=name.length>MAX_NAME_LENGTH?`${name.slice(0,MAX_NAME_LENGTH)}\u2026`:name
return`${JSON.stringify(shownName)} (${label})`}function limitOf({limit,limit_reset:reset,limit_remaining}){if(typeof limit=="bigint")return{amount:limit,reset:typeof reset=="string"?reset:void 0,remaining:limit_remaining}}function usedOf({amount,reset,remaining},spent){return remaining!==void 0?amount-remaining:reset?void 0:spent}function isLimitUsedUp(limit,spent){const used=usedOf(limit,spent)
return limit.amount>0n&&used!==void 0&&used>=limit.amount}function describeLimit({amount,reset,remaining}){const left=remaining===void 0?"":`, of which at most ${formatUsdNextTo(amount,remaining,"up")} remains`
return`The ${reset?`${reset} `:""}limit is ${formatExactUsd(amount)}${left}`}function isLimitUnread(key){return key.limit!==null&&limitOf(key)?.remaining===void 0}const CUT_LENGTH=1024
function createRedactor(){const parts=new Set
return{register(secrets){for(const part of secrets.flatMap(redactor_partsOf))parts.add(part)},redact:text=>replaceParts(text,parts),redactShown(text,{isCut}={isCut:!1}){const shown=replaceParts(text,parts).replace(LIKELY_SECRET,"***")
return isCut?shown.slice(0,-CUT_LENGTH):shown}}}function withRests(secrets){const rests=secrets.map(secret=>secret.replace(SECRET_PREFIX,""))
return[...new Set([...secrets,...rests.filter(({length})=>length>=MIN_KEY_LENGTH)])]}function redactor_partsOf(secret){const known=secret.toLowerCase(),count=Math.max(known.length-MIN_KEY_LENGTH+1,0)
return Array.from({length:count},(_,at)=>known.slice(at,at+MIN_KEY_LENGTH))}function replaceParts(text,parts){const isPart=at=>parts.has(text.slice(at,at+MIN_KEY_LENGTH).toLowerCase())
let redacted="",end=0
for(let at=0;at<=text.length-MIN_KEY_LENGTH;at+=1)if(isPart(at)){at>=end&&(redacted+=`${text.slice(end,at)}***`)
end=at+MIN_KEY_LENGTH}return redacted+text.slice(end)}function summaryHtml({title,url,paragraphs=[],table,folded=[],notes=[]},{redact,maxBytes}){const html=text=>toHtml(text,redact),cellHtml=cellRenderer(html),tableCellHtml=cellRenderer(html,breakable),paragraphsHtml=paragraphRenderer(maxBytes/4,cellHtml),size=maxBytes*2/3/(folded.length+1),tableHtml=shown=>linesOf(shown,{cellHtml:tableCellHtml,size})
return[`<h3>${cellHtml(url?{text:title,url}:title)}</h3>`,...paragraphsHtml(paragraphs),...table?tableHtml(table):[],...folded.flatMap(part=>[`<details><summary>${cellHtml(part.title)}</summary>`,...paragraphsHtml(part.paragraphs??[]),...part.table?tableHtml(part.table):[],"</details>"]),...paragraphsHtml(notes)].join("\n")}function paragraphRenderer(size,cellHtml){let rest=size
return paragraphs=>{const texts=takeFitting(paragraphs,{size:rest,sizeOf:sizeOfLine,render:text=>`<p>${cellHtml(text)}</p>`}),omitted=paragraphs.length-texts.length
rest=omitted>0?0:rest-texts.reduce((sum,text)=>sum+sizeOfLine(text),0)
return[...texts,...omission(omitted,omitted===1?"more paragraph":"more paragraphs")]}}function linesOf(table,{cellHtml,size}){const rowHtml=rowRenderer(table,cellHtml),headings=table.header.map(heading=>typeof heading=="string"?heading:heading.numbers),rows=takeFitting(table.rows,{size,sizeOf:sizeOfLine,render:cells=>rowHtml("td",cells)}),omitted=table.rows.length-rows.length+(table.more??0)
return["<table>",rowHtml("th",headings),...rows,...table.total?[rowHtml("td",table.total)]:[],"</table>",...omission(omitted,"more")]}function omission(count,what){return count>0?[`<p>\u2026 and ${count} ${what}</p>`]:[]}const URL_IN_HTML=/https?:\/\/(?:[^\s<&]|&amp;)*[^\s<&.,;:!?)\u2026]/g
function cellRenderer(html,show=shown=>shown){const cellHtml=content=>typeof content=="string"?withLinks(html(content),show):"code"in content?`<code>${show(html(content.code))}</code>`:"url"in content?`<a href="${html(content.url)}">${show(html(content.text))}</a>`:content.map(cellHtml).join("")
return cellHtml}function withLinks(html,show){const links=html.match(URL_IN_HTML)??[]
return html.split(URL_IN_HTML).map((text,at)=>{const url=links[at]
return show(text)+(url===void 0?"":`<a href="${url}">${show(url)}</a>`)}).join("")}const LONG=/(?:[^\s-]|-(?=\d)){15,}/g
function breakable(html){return html.replace(LONG,long=>long.replace(/\/(?=[^/])|-(?=\d)|[_:](?=\w)/g,"$&<wbr>"))}function rowRenderer(table,cellHtml){const attributes=table.header.map(heading=>typeof heading=="string"?"":' align="right"')
return(tag,cells)=>`<tr>${cells.map((content,at)=>`<${tag}${attributes[at]}>${cellHtml(content)}</${tag}>`).join("")}</tr>`}function sizeOfLine(line){return Buffer.byteLength(line)+1}function createReport({action,isPost=!1,endsJob=isPost,onlyReads=!1}){const who=isPost?`${action}, post step`:action,redactor=createRedactor(),line=text=>toLine(text,redactor.redactShown),groups=groupRequests(),info=groups.outside(text=>core_info(line(text))),[error,warning]=[groups.outside(core_error),groups.outside(core_warning)],warnOf=description=>{const omitted=annotate(warning,description,{line,who});(endsJob||omitted>0)&&summarize(toSummary("\u26a0\ufe0f",description))},summarize=summary=>{const paragraphs=[...isPost?[`Post step of ${action}, after the job.`]:[],...summary.paragraphs??[]],reason=appendSummary({...summary,paragraphs},redactor)
reason!==void 0&&annotate(warning,describeWarning(summaryNotWritten,{reason}),{line,who})}
return{info,request:groups.inside(text=>core_info(line(text))),end:groups.close,toLine:line,notice:groups.outside(text=>notice(line(text),{title:who})),redact:redactor.redactShown,debug:text=>{command_issueCommand("debug",{},line(text))},mask:texts=>texts.forEach(core_setSecret),registerSecrets(secrets){withRests(secrets).forEach(core_setSecret)
redactor.register(secrets)},output:outputs=>writeOutputs(outputs,redactor).forEach(info),outputSecret:writeSecretOutput,saveState:(name,value)=>writeState(name,value,redactor),summarize,warn:(kind,facts)=>warnOf(describeWarning(kind,facts)),...errorReports({info,warnOf,failOf:description=>{annotate(error,description,{line,who})
summarize(toSummary("\u274c",description))},onlyReads})}}function errorReports({info,warnOf,failOf,onlyReads}){return{fail:(error,effect,context={leftovers:""})=>failOf(describeError(error,effect,{...context,onlyReads})),warnOfPostStep(error,{effect,leftovers,advice}){const description=describeError(error,effect,{leftovers,advice})
leftovers===""?report_messageOf(description).forEach(info):warnOf(description)}}}function groupRequests(){let isOpen=!1
const close=()=>{isOpen&&command_issue("endgroup")
isOpen=!1}
return{close,inside:write=>(...args)=>{isOpen||command_issue("group","Requests")
isOpen=!0
write(...args)},outside:write=>(...args)=>{close()
write(...args)}}}function annotate(annotation,description,{line,who}){const{code,title,linesSuffice}=description,{text,omitted}=toMessage([...report_messageOf(description),`See ${urlOf(code)}`].map(text=>line(text)))
annotation(text,{title:`${who}: ${linesSuffice?title.charAt(0).toLowerCase()+title.slice(1):code.replaceAll("-"," ")}`})
return omitted}function report_messageOf({title,lines,linesSuffice,rows=[],details=[]}){return[...linesSuffice?[]:[title],...rows,...lines,...details]}const DETAILS="Details"
function toSummary(icon,description){const{code,title,lines,details=[],table,folded=[],notes}=description
return{title:`${icon} ${nameProduct(title)}`,url:urlOf(code),paragraphs:lines,table,folded:[...folded,...details.length>0?[{title:DETAILS,paragraphs:details}]:[]],notes}}function nameProduct(title){return title.includes("OpenRouter")?title:`OpenRouter: ${title}`}function urlOf(code){return troubleshootingUrl(code,process.env)}function writeOutputs(outputs,{redact}){const values=Object.fromEntries(Object.entries(outputs).map(([name,value])=>[name,typeof value=="string"?value:value.json]))
try{for(const[name,value]of Object.entries(values))setOutput(name,redact(value))
return describeOmitted(outputs)}catch(error){throw new Failure(outputsNotWritten,{reason:reasonOf(error),values})}}function writeSecretOutput(name,secret){try{if(!process.env.GITHUB_OUTPUT)throw new Error("GITHUB_OUTPUT is not set")
setOutput(name,secret)}catch(error){throw new Failure(secretOutputNotWritten,{reason:reasonOf(error),name})}}function writeState(name,value,{redact}){const json=redact(toJson(value))
if(Buffer.byteLength(json)>=MAX_VALUE_BYTES)return`a state is limited to ${MAX_VALUE_SIZE}`
try{saveState(name,json)
return}catch(error){return reasonOf(error)}}const MAX_SUMMARY_BYTES=1e6,MAX_PART_BYTES=32e4
function appendSummary(summary,{redactShown}){const file=process.env.GITHUB_STEP_SUMMARY
if(!file)return
const html=`${summaryHtml(summary,{redact:redactShown,maxBytes:MAX_PART_BYTES})}\n`
try{if(((0,external_node_fs_namespaceObject.statSync)(file,{throwIfNoEntry:!1})?.size??0)+Buffer.byteLength(html)>MAX_SUMMARY_BYTES)return"GitHub accepts no more than 1 MiB for each step.";(0,external_node_fs_namespaceObject.appendFileSync)(file,html)
return}catch(error){return reasonOf(error)}}function reasonOf(error){return external_node_util_namespaceObject.types.isNativeError(error)?error.message:String(error)}class Timeout{#clock
#abort
#reason=new Error("the timeout has not started")
#end=Number.POSITIVE_INFINITY
#left=Number.POSITIVE_INFINITY
#resting=0
#stop=()=>{}
constructor(clock,abort){this.#clock=clock
this.#abort=abort}start(ms){this.#reason=new Error(`the timeout of ${ms/1e3} s has expired`)
this.#run(ms)}deadline=()=>this.#resting>0?this.#clock.now()+this.#left:this.#end
stop(){this.#stop()}rest=async ms=>{this.#left=this.deadline()-this.#clock.now()
this.stop()
this.#resting+=1
await sleep(this.#clock,ms,this.#abort.signal)
this.#resting-=1
this.#resting===0&&this.#run(this.#left)}
#run(ms){this.#end=this.#clock.now()+ms
this.#stop=this.#clock.after(ms,()=>this.#abort.abort(this.#reason))}}async function runStep(name,program,onError=step_fail){process.exitCode=1
process.noDeprecation=!0
const report=createReport(name),{managementKey,gitHubToken,seal,proxyPassword}=readSecrets()
report.registerSecrets([...managementKey,...gitHubToken,...seal])
report.mask(proxyPassword)
const effect=recordEffect(),abort=new AbortController
abortOnSignals(abort)
const unforeseen=abortOnUnforeseenErrors(abort,report)
process.stdout.on("error",()=>{})
const timeout=new Timeout(systemClock,abort),{signal}=abort
try{await program({report,clock:systemClock,signal,effect,timeout})
if(unforeseen.first)throw unforeseen.first
process.exitCode=0}catch(error){process.exitCode=reportError(error,{report,effect:effect.current()},onError)}timeout.stop()
report.end()
process.stdout.write("",()=>process.exit())}function abortOnSignals(abort){for(const name of["SIGINT","SIGTERM","SIGBREAK"])process.on(name,()=>abort.abort(new Cancellation(name)))}function abortOnUnforeseenErrors(abort,{info}){const unforeseen={}
process.on("uncaughtException",error=>{unforeseen.first??=error
info(error.stack??error.message)
abort.abort(new Error(`internal error: ${error.message}`))})
return unforeseen}function step_fail(report,error,effect){report.fail(error,effect)
return 1}function reportError(error,{report,effect},onError){try{return onError(report,error,effect)}catch(defect){return onError(report,defect,effect)}}function userAgent(){const id=process.env.ACTIONS_ORCHESTRATION_ID?.replace(/[^a-z0-9_.-]/gi,"_")
return`${package_namespaceObject.UU}/${package_namespaceObject.rE}${id?` actions_orchestration_id/${id}`:""}`}function startContext(connection,step,{wasAccepted=!1}={}){const{report,clock,signal}=step
step.timeout.start(connection.timeoutMs)
const client=clientOf(openRouter(connection),step,{wasAccepted}),{toLine,warn}=report,{rest}=step.timeout
return{client,counters:new CounterMemory,clock,timeOfDay:Date.now,rest,signal,log:report,toLine,warn}}function startGitHub(connection,step){return clientOf(gitHub(connection),{...step,effect:recordEffect()})}function clientOf(server,{report,clock,signal,effect,timeout},options={}){const transport=httpTransport(userAgent()),{deadline}=timeout
return createClient({server,transport,clock,random:Math.random,deadline,signal,log:report,effect,...options})}const LATE_POST_DELAYS_MS=[0,1e3,2e3]
async function postOnce(creation,context){const attempts=[]
for(;;){const outcome=await creation.send(attempts)
if(outcome.kind==="succeeded")return{kind:"succeeded",data:outcome.response.data,attempts}
const{failure}=outcome
attempts.push({failure})
const decision=await decideAfter(creation,attempts,context)
if(decision.kind==="done")return{kind:"reconciled",result:decision.result,attempts}
const{kind,ambiguous}=decision,stop=kind==="retry"?await context.client.waitForRetry(failure,attempts.length):void 0
if(kind==="give-up"||stop)throw toApiError(failuresOf(attempts),{ambiguous,...stop})}}async function decideAfter(creation,attempts,{log}){for(;;){const decision=creation.reconcile(attempts)
if(decision.kind!=="check")return decision
const last=attempts.at(-1)
log.request(`${formatOperation(last.failure)}. Checking ${creation.question}.`)
const{value,error}=await catching(creation.check(attempts),ApiError)
if(error){const{ambiguous}=decision
throw toApiError(failuresOf(attempts),{ambiguous,lookupFailure:error.details})}last.found=value}}function countAmbiguous(attempts){return attempts.filter(({failure})=>FAILURE_CLASSES[failure.kind].ambiguous).length}function failuresOf(attempts){return attempts.map(({failure})=>failure)}const budgetsOutOfOrder=declareFailure("budgets-out-of-order",({shorter,longer,budgets})=>({title:"The budgets would be out of order",lines:[`The ${longer} budget would be ${formatExactUsd(budgets[longer]??0n)}. It must exceed the ${shorter} budget, which would be ${formatExactUsd(budgets[shorter]??0n)}.`,"A budget without an input keeps its value."]})),unknownMembers=declareFailure("unknown-members",({members})=>({title:"Not all members belong to the organization",lines:[...members.map(({written,matches})=>matches===0?`members: no one in the organization has the id or e-mail address ${written}`:`members: ${matches} people in the organization have the id or e-mail address ${written}`),"Each entry must be the user id or the e-mail address of one member of the organization."]})),membersNotAdded=declareFailure("members-not-added",({workspace,userIds})=>({title:`Not all members were added to the workspace "${workspace.slug}"`,lines:[`OpenRouter reported success, but does not list these users as members: ${userIds.join(", ")}.`]})),guardrailNotFound=declareFailure("guardrail-not-found",({workspace})=>({title:`The guardrail of the workspace "${workspace.slug}" is unknown`,lines:["OpenRouter does not report which guardrail the workspace has."]})),limitsDiffer=declareFailure("limits-differ",({workspace,what,values})=>({title:`The ${what} of the workspace "${workspace.slug}" has unexpected values`,lines:["OpenRouter accepted the request, but returned other values than requested:",...Object.entries(values).map(([field,value])=>`${field}: ${toJson(value)}`)]})),unknownGuardrailFields=declareWarning("unknown-guardrail-fields",({fields})=>({title:"The input guardrail has fields that this version does not know",lines:[`Unknown: ${fields.join(", ")}.`,"Check their names. The step fails if OpenRouter rejects them, or returns other values than requested."]})),RECOVERIES={"deleted-after-job":"With delete-after-job, the post step, if it runs, deletes the workspace.","run-again-with-update":"Once the cause is gone, a new run with if-exists: update finishes the work.","run-again":"Once the cause is gone, running this again finishes the work."}
function describeRecovery(recovery){return typeof recovery=="string"?RECOVERIES[recovery]:`Once the cause is gone, ${recovery.supersededBy} finishes the work. This one is older.`}const partlyApplied=declareFailure("partly-applied",({error,applied,notApplied,recovery},effect)=>{const{lines,...part}=error instanceof ApiError?describePart(error):error.kind.describe(error.details,effect)
return{...part,lines:[...lines,describeRecovery(recovery)],effect:[...effect==="none"?[describeEffect(effect)]:[],...applied.length>0?[`Applied: ${applied.join(", ")}.`]:[],`Not applied, or unknown: ${notApplied.join(", ")}.`]}})
function changesOf(writes){return writes.flatMap(({changes})=>changes)}async function applyWrites(writes,{workspace,recovery},{log}){let current=workspace
const changes=[]
for(const[index,write]of writes.entries()){const{value,error}=await catching(write.write(current),ApiError,Failure)
if(error)throw new Failure(partlyApplied,{error,workspace,applied:writes.slice(0,index).map(({name})=>name),notApplied:writes.slice(index).map(({name})=>name),recovery})
current=value.workspace??current
const changed=value.changes??write.changes
changes.push(...changed)
log.info(changed.length>0?write.done:`No change of ${write.name}: only written otherwise.`)}return{workspace:current,changes}}function onlyChanges(changes){return changes.filter(({from,to})=>!(0,external_node_util_namespaceObject.isDeepStrictEqual)(from,to))}const INTERVALS=["daily","weekly","monthly","lifetime"],NEEDS_ENTERPRISE="This account probably has no workspace budgets: they need the Enterprise plan of OpenRouter. A limit for each key and member needs no plan: see guardrail-limit-usd.",budget=object({limit_usd:usd,reset_interval:nullable(schemas_string())}),budgets_flag=optional(schemas_boolean()),budgetList=()=>object({data:array(budget),include_byok_in_budgets:budgets_flag}),NO_BUDGETS={budgets:{},include_byok_in_budgets:void 0}
async function listBudgets(client,{id,slug},options={}){const{data}=await client.request({operation:`list the budgets of the workspace "${slug}"`,method:"GET",path:`/workspaces/${encodeURIComponent(id)}/budgets`,schema:budgetList(),on404:()=>{},hint:NEEDS_ENTERPRISE,...options})
if(!data)return NO_BUDGETS
const limits=data.data.map(({limit_usd,reset_interval})=>[reset_interval??"lifetime",limit_usd])
return{budgets:Object.fromEntries(limits),include_byok_in_budgets:data.include_byok_in_budgets}}async function writeBudget(client,workspace,{interval,limit_usd,...flags}){const{id,slug}=workspace,common={path:`/workspaces/${encodeURIComponent(id)}/budgets/${interval}`,hint:NEEDS_ENTERPRISE}
if(limit_usd===null){const operation=`delete the ${interval} budget of the workspace "${slug}"`,deletion=await sendDeletion(client,{...common,operation},async()=>{const{budgets}=await listBudgets(client,workspace,{trusts404:!0})
return budgets[interval]})
if(deletion.kind==="unclear")throw deletion.error
return{interval,limit_usd}}const{data}=await client.request({...common,operation:`set the ${interval} budget of the workspace "${slug}"`,method:"PUT",body:{limit_usd,...flags},schema:object({data:budget,include_byok_in_budgets:budgets_flag})})
return{interval:data.data.reset_interval??"lifetime",limit_usd:data.data.limit_usd,..."include_byok_in_budgets"in flags&&{include_byok_in_budgets:data.include_byok_in_budgets??flags.include_byok_in_budgets}}}async function planBudgets({limits,include_byok_in_budgets:byok},workspace,{client}){const state=workspace?await listBudgets(client,workspace):NO_BUDGETS,desired=budgetsAfter(state.budgets,limits)
assertBudgetOrder(desired)
const writes=budgetWrites(state.budgets,desired)
return(byok!==void 0&&byok!==state.include_byok_in_budgets?withByok(writes,limits,byok):writes).map(write=>toWrite(write,state,client))}function assertBudgetOrder(desired){const violation=findOrderViolation(desired)
if(!violation)return
const[shorter,longer]=violation
throw new Failure(budgetsOutOfOrder,{shorter,longer,budgets:desired})}function toWrite(write,before,client){const{interval,limit_usd}=write,byok=before.include_byok_in_budgets??null
return{name:`the ${interval} budget`,done:`${limit_usd===null?"Deleted":"Set"} the ${interval} budget.`,changes:onlyChanges([{kind:"budget",field:interval,from:before.budgets[interval]??null,to:limit_usd},{kind:"field",field:"include_byok_in_budgets",from:byok,to:write.include_byok_in_budgets??byok}]),async write(workspace){const returned=await writeBudget(client,workspace,write)
if((0,external_node_util_namespaceObject.isDeepStrictEqual)(returned,write))return{}
throw new Failure(limitsDiffer,{what:`${interval} budget`,workspace,values:{[`${returned.interval}_usd`]:returned.limit_usd,...byokOf(returned)}})}}}function byokOf({include_byok_in_budgets}){return include_byok_in_budgets===void 0?{}:{include_byok_in_budgets}}function withByok(writes,limits,byok){const firstSet=writes.find(({limit_usd})=>limit_usd!==null)
if(firstSet)return writes.map(write=>write===firstSet?{...write,include_byok_in_budgets:byok}:write)
const unchanged=INTERVALS.flatMap(interval=>{const limit_usd=limits[interval]??null
return limit_usd===null?[]:[{interval,limit_usd,include_byok_in_budgets:byok}]})
return[...writes,...unchanged.slice(0,1)]}function budgetsAfter(budgets,limits){const merged={...budgets,...limits}
return Object.fromEntries(Object.entries(merged).filter(([,limit])=>limit!==null))}function findOrderViolation(budgets){const set=INTERVALS.flatMap(interval=>{const limit=budgets[interval]
return limit===void 0?[]:[{interval,limit}]})
for(const[index,{interval,limit}]of set.entries()){const shorter=set[index-1]
if(shorter&&limit<=shorter.limit)return[shorter.interval,interval]}}function budgetWrites(budgets,desired){const longestFirst=INTERVALS.toReversed(),exists=interval=>budgets[interval]!==void 0,isDesired=interval=>desired[interval]!==void 0,change=interval=>Number(desired[interval])-Number(budgets[interval])
return[...INTERVALS.filter(interval=>exists(interval)&&!isDesired(interval)),...longestFirst.filter(interval=>change(interval)>0),...INTERVALS.filter(interval=>change(interval)<0),...INTERVALS.filter(interval=>!exists(interval)&&isDesired(interval))].map(interval=>({interval,limit_usd:desired[interval]??null}))}const RESET_INTERVALS=["daily","weekly","monthly"],ZDR_FIELDS=["enforce_zdr_anthropic","enforce_zdr_google","enforce_zdr_openai","enforce_zdr_other","enforce_zdr_xai"],mustHave=values=>({error:({path=[]})=>`must have ${values} for ${String(path.at(-1))}`}),guardrails_flag=optional(nullable(schemas_boolean(mustHave("true, false or null")))),list=optional(nullable(array(unknown(),mustHave("a list or null")))),NOT_EMPTY=mustHave("a non-empty list or null"),unchecked=optional(unknown()),guardrailFields={allow_safety_retention_google:guardrails_flag,allow_safety_retention_other:guardrails_flag,allowed_data_regions:optional(nullable(array(unknown(),NOT_EMPTY).check(refine(list=>list.length>0,NOT_EMPTY)))),allowed_models:unchecked,allowed_providers:unchecked,content_filter_builtins:list,content_filters:list,description:optional(nullable(schemas_string(mustHave("a text or null")))),enable_free_model_publication:guardrails_flag,enable_free_model_training:guardrails_flag,enable_paid_model_training:guardrails_flag,enforce_first_party_harness_models:unchecked,enforce_zdr:unchecked,enforce_zdr_anthropic:guardrails_flag,enforce_zdr_google:guardrails_flag,enforce_zdr_openai:guardrails_flag,enforce_zdr_other:guardrails_flag,enforce_zdr_xai:guardrails_flag,ignored_models:unchecked,ignored_providers:unchecked,include_byok_in_budgets:optional(schemas_boolean(mustHave("true or false"))),limit_usd:unchecked,name:unchecked,reset_interval:unchecked},guardrail=looseObject({id:optional(schemas_string()),limit_usd:optional(nullable(usd))}),guardrails_mismatch=(id,returned)=>(returned?.id??id)===id?void 0:"the response is about another guardrail",NO_GUARDRAIL="Either this management key may not change the guardrail of the workspace, or OpenRouter does not know the guardrail."
async function findGuardrail(client,{id,workspace}){const{data}=await client.request({operation:`look up the guardrail of the workspace "${workspace.slug}"`,method:"GET",path:`/guardrails/${encodeURIComponent(id)}`,schema:envelope(guardrail),on404:()=>{},findMismatch:returned=>guardrails_mismatch(id,returned)})
return data}async function patchGuardrail(client,{id,workspace},update){const{data}=await client.request({operation:`set the guardrail of the workspace "${workspace.slug}"`,method:"PATCH",path:`/guardrails/${encodeURIComponent(id)}`,body:update,schema:envelope(guardrail),findMismatch:returned=>guardrails_mismatch(id,returned),hint:NO_GUARDRAIL})
return data}function guardrailIdOf({default_guardrail_id:id}){return typeof id=="string"&&id!==""?id:void 0}const MODEL_FIELDS={allowed_models:{moreIsLooser:!0},ignored_models:{moreIsLooser:!1}},LIMIT_FIELDS=["limit_usd","reset_interval"]
function diffGuardrail(guardrail,update){const differs=field=>!(0,external_node_util_namespaceObject.isDeepStrictEqual)(normalize(guardrail?.[field]),normalize(update[field])),limitDiffers=LIMIT_FIELDS.some(differs)
return Object.fromEntries(Object.entries(update).filter(([field])=>LIMIT_FIELDS.includes(field)?limitDiffers:differs(field)))}function unexpectedGuardrailFields(returned,update){return Object.keys(update).filter(field=>{const[actual,desired]=[normalize(returned[field]),normalize(update[field])],models=MODEL_FIELDS[field]
return models?isLooser(actual,desired,models):!includes(actual,desired)})}function isLooser(actual,desired,{moreIsLooser}){return Array.isArray(actual)&&Array.isArray(desired)?moreIsLooser?actual.length>desired.length:actual.length<desired.length:actual!==desired}function normalize(value){if(Array.isArray(value)){const texts=new Set(value.map(entry=>JSON.stringify(normalize(entry))))
return texts.size===0?null:[...texts].sort().map(text=>JSON.parse(text))}if(!isObject(value))return value??null
const names=Object.keys(value).sort()
return Object.fromEntries(names.map(name=>[name,normalize(value[name])]))}function includes(actual,desired){return Array.isArray(desired)?!(!Array.isArray(actual)||actual.length!==desired.length)&&desired.every(entry=>actual.some(other=>includes(other,entry))):isObject(desired)?!!isObject(actual)&&Object.entries(desired).every(([name,field])=>includes(Object.hasOwn(actual,name)?actual[name]:null,field)):actual===desired}function isObject(value){return typeof value=="object"&&value!==null&&!Array.isArray(value)}async function planGuardrail(desired,workspace,{client,warn}){const fields=Object.keys(desired).filter(field=>!Object.hasOwn(guardrailFields,field))
fields.length>0&&warn(unknownGuardrailFields,{fields})
const ref=workspace&&{id:requireGuardrailId(workspace),workspace},guardrail=ref&&await findGuardrail(client,ref),update=diffGuardrail(guardrail,desired),changes=onlyChanges(Object.entries(update).map(([field,to])=>({kind:"guardrail",field,from:guardrail?.[field]??null,to})))
return changes.length===0?[]:[{name:"the guardrail",done:"Set the guardrail.",changes,async write(existing){const id=ref?.id??await findGuardrailId(existing,client),returned=await patchGuardrail(client,{id,workspace:existing},update),unexpected=unexpectedGuardrailFields(returned,update)
if(unexpected.length>0)throw new Failure(limitsDiffer,{what:"guardrail",workspace:existing,values:Object.fromEntries(unexpected.map(field=>[field,returned[field]??null]))})
const stored=onlyChanges(changes.map(change=>({...change,to:returned[change.field]??null}))),fields=new Set(stored.map(({field})=>field))
return{changes:changes.filter(({field})=>fields.has(field))}}}]}function requireGuardrailId(workspace){const id=guardrailIdOf(workspace)
if(id===void 0)throw new Failure(guardrailNotFound,{workspace})
return id}async function findGuardrailId(workspace,client){const id=guardrailIdOf(workspace)
return id!==void 0?id:requireGuardrailId((await findWorkspace(client,workspace.slug)).workspace??workspace)}const organizationMember=()=>object({id:schemas_string(),email:optional(nullable(schemas_string()))}),workspaceMember=()=>object({user_id:schemas_string()})
async function listOrganizationMembers(client){const{items}=await listAll(client,{operation:"list the members of the organization",path:"/organization/members",query:{limit:String(PAGE_SIZE)},schema:pageOf(organizationMember()),idOf:({id})=>id,hint:"Only an organization has members: a personal account cannot use the input members."})
return items}async function listMembers(client,{id,slug}){const{items}=await listAll(client,{operation:`list the members of the workspace "${slug}"`,path:`/workspaces/${encodeURIComponent(id)}/members`,query:{limit:String(PAGE_SIZE)},schema:pageOf(workspaceMember()),idOf:({user_id})=>user_id})
return items.map(({user_id})=>user_id)}const UNCHANGEABLE="No one can change the members of the default workspace. Members that an identity provider manages (SCIM) can only be changed there.",MAX_ADDED=100
function sendMembers(client,{id,slug},userIds){return client.send({operation:`add members to the workspace "${slug}"`,method:"POST",path:`/workspaces/${encodeURIComponent(id)}/members/add`,body:{user_ids:userIds},schema:addedMembers(),hint:UNCHANGEABLE})}const addedMembers=()=>pipe(object({data:array(workspaceMember())}),transform(({data})=>data.map(({user_id})=>user_id)))
async function planMembers(written,workspace,context){const userIds=await findMembers(written,context),present=new Set(workspace?await listMembers(context.client,workspace):[]),missing=userIds.filter(userId=>!present.has(userId))
return missing.length===0?[]:[{name:"the members",done:"Added the members.",changes:[{kind:"field",field:"members",from:present.size,to:present.size+missing.length}],async write(existing){await addMembers(existing,missing,context)
return{}}}]}async function findMembers(written,{client}){const matches=matchMembers(written,await listOrganizationMembers(client)),unknown=matches.filter(({members})=>members.length!==1)
if(unknown.length>0)throw new Failure(unknownMembers,{members:unknown.map(({text,members})=>({written:text,matches:members.length}))})
return[...new Set(matches.flatMap(({members})=>members.map(({id})=>id)))]}function matchMembers(written,organization){const byId=new Map(organization.map(member=>[member.id,member])),byAddress=new Map
for(const member of organization){const address=member.email?.toLowerCase()
if(address===void 0)continue
const others=byAddress.get(address)
others?others.push(member):byAddress.set(address,[member])}return written.map(text=>{const addressed=byAddress.get(text.toLowerCase())??[]
return{text,members:[...new Set([byId.get(text)??[],addressed].flat())]}})}async function addMembers(workspace,userIds,context){for(let start=0;start<userIds.length;start+=MAX_ADDED)await addBatch(workspace,userIds.slice(start,start+MAX_ADDED),context)}async function addBatch(workspace,userIds,context){const{client}=context,findMissing=async()=>{const present=new Set(await listMembers(client,workspace))
return userIds.filter(userId=>!present.has(userId))},added=await postOnce({send:attempts=>sendMembers(client,workspace,lastMissing(attempts)??userIds),reconcile:reconcileMembers,question:"which users are members",check:findMissing},context)
if(added.kind==="reconciled")return
const listed=new Set(added.data)
if((lastMissing(added.attempts)??userIds).every(userId=>listed.has(userId)))return
const missing=await findMissing()
if(missing.length>0)throw new Failure(membersNotAdded,{workspace,userIds:missing})}function lastMissing(attempts){return attempts.findLast(({found})=>found)?.found}function reconcileMembers(attempts){const{failure,found}=attempts.at(-1),{retryable,ambiguous}=FAILURE_CLASSES[failure.kind]
return found?.length===0?{kind:"done",result:"all are members"}:!found&&ambiguous&&failure.kind!=="aborted"?{kind:"check",ambiguous:!0}:{kind:retryable?"retry":"give-up",ambiguous:countAmbiguous(attempts)>0}}async function planGovernance({guardrail,budgets,members},workspace,context){return[...guardrail?await planGuardrail(guardrail,workspace,context):[],...budgets?await planBudgets(budgets,workspace,context):[],...members?await planMembers(members,workspace,context):[]]}const invalidInputs=declareFailure("invalid-inputs",({problems})=>{const[first,...others]=new Set(problems.map(({input})=>input))
return{title:others.length===0?`Invalid input ${first}`:`${others.length+1} invalid inputs`,linesSuffice:!0,lines:problems.map(failures_toLine),effect:["Nothing was sent to OpenRouter."]}})
function failures_toLine({input,entries=[],message,provided,cause,suggestion}){return[`${input}${entries.length>0?` (entry ${entries.join(", ")})`:""} ${message}`,...provided?[`given: ${JSON.stringify(cutProvided(provided))}`]:[],...cause?[cause]:[],...suggestion?[`try: ${suggestion}`]:[]].join("; ")}const MAX_PROVIDED=100
function cutProvided(text){const characters=[...text]
return characters.length>MAX_PROVIDED?`${characters.slice(0,MAX_PROVIDED).join("")}\u2026`:text}const BOOLEANS=new Map([...["true","True","TRUE"].map(word=>[word,!0]),...["false","False","FALSE"].map(word=>[word,!1])])
function parseInput(schema,text){const{def}=schema._zod
switch(def.type){case"optional":case"default":return parseInput(def.innerType,text)
case"pipe":return parseInput(def.in,text)
case"nullable":return text==="null"?null:parseInput(def.innerType,text)
case"boolean":return BOOLEANS.get(text)??text
case"number":return JSON_NUMBER.test(text)?Number(text):text
case"array":return parseList(def.element,text)
case"object":return parseObject(text)
default:return text}}function parseList(element,text){if(text.startsWith("[")){const json=parseJson(text)
return Array.isArray(json)?json:text}const entries=text.split(/[\r\n,]/).map(entry=>entry.trim()).filter(entry=>entry!=="")
return entries.length>0?entries.map(entry=>parseInput(element,entry)):text}function parseObject(text){const json=fieldsToJson(text)
return json===void 0?parse_input_linesOf(text).find(line=>!isField(line)):objectProblem(text)===void 0?parseJson(json)??text:text}const MAX_LEVELS=MAX_DEPTH-1
function objectProblem(text){const json=fieldsToJson(text)??"",value=parseJson(json)
if(value!==void 0)return isNestedDeeper(value,MAX_LEVELS)?`must not be nested more than ${MAX_LEVELS} levels deep`:Object.hasOwn(value,"__proto__")?"must not have __proto__":namesAndNumbers(json)===namesAndNumbers(JSON.stringify(value))?void 0:"must have each name once, and no number that is too large or has too many digits"}function fieldsToJson(text){if(text.startsWith("{"))return text
const lines=parse_input_linesOf(text)
return lines.every(isField)?`{${lines.map(line=>line.replace(FIELD,'"$1":$2')).join()}}`:void 0}function parse_input_linesOf(text){return text.split(/\r?\n/).filter(line=>!/^\s*(#|$)/.test(line))}const FIELD=/^(\w+): +([^\r ][^\r]*)$/
function isField(line){return parseJson(FIELD.exec(line)?.[2]??"")!==void 0}function namesAndNumbers(json){return(json.replace(/"(?:[^"\\]|\\.)*"/g,"").match(/:|\d[\d.]*(?:e[+-]?\d+)?/gi)??[]).map(token=>token.replace(/e.*|\./gi,"").replace(/^0+|(?<!0)0+$/g,"")).sort().join()}const SUGGESTERS={enum:text=>text.toLowerCase(),slug:function(text){return text.normalize("NFKD").replace(/\p{Mark}/gu,"").toLowerCase().replace(/[^\p{Letter}\p{Number}]/gu,"-")},api_url:text=>withScheme(text)??text.replace(/^http:(?=\/\/[^/])/i,"https:"),workspace:function(text){const page=dashboardUrl("")
return text.startsWith(page)?text.slice(page.length):void 0}}
function suggest(key,schema,text){const suggestion=(SUGGESTERS[key]??SUGGESTERS[typeOf(schema)])?.(text)
if(suggestion!==void 0&&safeParse(schema,parseInput(schema,suggestion)).success)return suggestion==="null"?'"null"':suggestion}function withScheme(text){return/^[\w-]+(?:\.[\w-]+)+(?:[:/]|$)/.test(text)?`https://${text}`:void 0}function typeOf(schema){const{def}=schema._zod
return"innerType"in def?typeOf(def.innerType):def.type}const STRAY_SEPARATORS=[[/[-_/#:]$/,"at its end"],[/^[-_/]/,"at its beginning"],[/[-_]{2}/,"in its middle"]],WRITTEN=/^[\w./#:-]*$/,NUMBERS={pull_request_review:"github.event.pull_request.number",pull_request_review_comment:"github.event.pull_request.number",issue_comment:"github.event.issue.number",issues:"github.event.issue.number"}
function emptyExpression(text,env){if(!WRITTEN.test(text))return
const[,position]=STRAY_SEPARATORS.find(([separator])=>separator.test(text))??[]
return position&&`the expression ${position} was probably empty${emptyOn(env.GITHUB_EVENT_NAME)}`}function emptyOn(event=""){if(["","pull_request","pull_request_target"].includes(event))return""
const number=NUMBERS[event],fields=["github.event.number","github.event.pull_request.number","github.head_ref"].filter(field=>field!==number)
return`: on ${event}, ${fields.slice(0,-1).join(", ")} and ${fields.at(-1)} are empty${number?`; use ${number}`:""}`}function readInputs(schema,crossFieldChecks=()=>[]){const fields=Object.entries(schema.shape).map(readField),provided=fields.filter(({text})=>text!==""),order=fields.map(({key})=>inputName(key)),ofInputs=[...fields.flatMap(field=>field.problems),...crossFieldChecks(valuesOf(provided),new Set(provided.map(({key})=>key)))].toSorted((one,other)=>order.indexOf(one.input)-order.indexOf(other.input)),problems=[...ofInputs,...proxyProblems(process.env)]
if(problems.length>0)throw new Failure(invalidInputs,{problems})
return valuesOf(fields)}function inputName(field){return field.replaceAll("_","-")}const SLUG_INPUTS=new Set(["slug","slug_from","workspace"]),MAX_BYTES=65536,TOO_LONG=`is longer than ${MAX_BYTES/1024} KiB`
function readField([key,schema]){const text=getInput(inputName(key))
if(Buffer.byteLength(text)>MAX_BYTES)return{key,text,value:void 0,problems:[{input:inputName(key),message:TOO_LONG}]}
const parsed=text===""?void 0:parseInput(schema,text),{data,error}=safeParse(schema,parsed),written={key,text},problems=error?problemsOf({...written,schema,parsed},error):[]
return{...written,value:data,problems}}function valuesOf(fields){const values=fields.map(({key,value})=>[key,value])
return Object.fromEntries(values.filter(([,value])=>value!==void 0))}function problemsOf(field,error){const paths=new Map
for(const{message,path}of error.issues){const others=paths.get(message)
others?others.push(path):paths.set(message,[path])}return[...paths].map(([message,at])=>problemOf(field,message,at))}function problemOf({key,text,schema,parsed},message,paths){const input=inputName(key)
if(text==="")return{input,message:`is required, and ${message}`}
const problem={input,entries:paths.flatMap(([index])=>typeof index=="number"?index+1:[]),message,cause:SLUG_INPUTS.has(key)?emptyExpression(text,process.env):void 0}
if(containsSecret(key,text))return problem
const provided=(field=paths[0]?.[0],typeof(value=parsed)=="string"?value:typeof field=="string"?JSON.stringify(value[field]):void 0)??text
var field,value
return{...problem,provided,suggestion:suggest(key,schema,text)}}const MAX_SEARCHED=200
function containsSecret(key,text){if(key==="seal")return!0
const keyStart=getInput("management-key").slice(0,MAX_SEARCHED)
return keyStart!==""&&text.includes(keyStart)||key==="api_url"&&text.includes("@")}const workspaceNotFound=declareFailure("workspace-not-found",({workspace})=>({title:`The workspace ${JSON.stringify(workspace)} does not exist`,lines:["No workspace has that id or slug in the account of the management key.","Check the id or slug for a typo. Otherwise, create the workspace in an earlier step, with the same management key. If it existed before, it may have been deleted."]}))
function describeVanished(what,id){return{title:`The ${what} cannot be found`,lines:[],effect:[`This step created it, ${id}, and OpenRouter now reports that it does not exist.`,"Either something else has deleted it, or the management key of the post step belongs to another account and cannot see it. GitHub evaluates the inputs again for a post step."]}}const usdInput=message=>pipe(schemas_number(message).check(_gte(0,message),_lte(1e6,"is too large: an amount in USD must not exceed 1000000")),transform((dollars,context)=>{const nearest=toUsd(dollars),amount=toNumber(nearest)>dollars?nearest-1n:nearest
return amount>0n||dollars===0?amount:reject(context,dollars,"is too small: an amount in USD has at most nine decimals")})),entries=(what,entry)=>{const message=`must be a list of ${what}: one per line, separated by commas, or a JSON array`
return optional(nullable(array(entry,message).check(refine(list=>list.length>0,`${message}; "null" removes the restriction`))))},models=entries("models",modelSlug),PROVIDER_MESSAGE="must be a provider, without whitespace or slashes",providers=entries("providers",schemas_string(PROVIDER_MESSAGE).check(_regex(/^[^\s/]+$/,PROVIDER_MESSAGE))),USD_MESSAGE='must be an amount in USD above 0, or "null"',inputs_amount=optional(nullable(usdInput(USD_MESSAGE).check(refine(usd=>usd>0,USD_MESSAGE)))),inputs_flag=optional(schemas_boolean("must be true or false")),LISTS=["allowed_models","ignored_models","allowed_providers","ignored_providers"],SETTERS=[...[...LISTS,"enforce_zdr"].map(field=>[field,`the input ${inputName(field)}`]),["limit_usd","the input guardrail-limit-usd"],["reset_interval","the input guardrail-limit-reset"],["name","OpenRouter"]],setElsewhere=Object.fromEntries(SETTERS.map(([field,setter])=>[field,optional(never(`must not have ${field}, because ${setter} sets it`))])),INTERVAL_MESSAGE=`must be ${RESET_INTERVALS.join(", ")} or "null"`,governanceInputs={allowed_models:models,ignored_models:models,allowed_providers:providers,ignored_providers:providers,enforce_zdr:inputs_flag,guardrail_limit_usd:inputs_amount,guardrail_limit_reset:optional(nullable(schemas_enum(RESET_INTERVALS,INTERVAL_MESSAGE))),guardrail:optional(looseObject({...guardrailFields,...setElsewhere},{error:({input})=>objectProblem(String(input))??"must be a JSON object, or a line for each field with its value as JSON, such as enable_paid_model_training: false"})),budget_daily_usd:inputs_amount,budget_weekly_usd:inputs_amount,budget_monthly_usd:inputs_amount,budget_lifetime_usd:inputs_amount,include_byok_in_budgets:inputs_flag,members:optional(array(schemas_string("must be an id or e-mail address").check(_regex(/^\S+$/,"must not contain whitespace")),"must be a list of user ids or e-mail addresses"))}
function governanceProblems(valid,provided){return[...listProblems(valid),...limitProblems(valid,provided),...fieldProblems(valid,provided),...orderProblems(valid),...flagProblems(valid,provided)]}function listProblems(valid){return["models","providers"].flatMap(kind=>{const allowed=new Set(valid[`allowed_${kind}`]),inBoth=(valid[`ignored_${kind}`]??[]).filter(entry=>allowed.has(entry)),message=`must not repeat entries of allowed-${kind}: ${inBoth.join(", ")}`
return inBoth.length>0?[{input:`ignored-${kind}`,message}]:[]})}function limitProblems(valid,provided){const{guardrail_limit_usd:limit,guardrail_limit_reset:reset}=valid
return typeof limit!="bigint"||reset!==null&&provided.has("guardrail_limit_reset")?reset===void 0||(limit!==null||reset===null)&&provided.has("guardrail_limit_usd")?[]:[{input:"guardrail-limit-reset",message:"also needs guardrail-limit-usd"}]:[{input:"guardrail-limit-usd",message:`also needs guardrail-limit-reset, which is one of ${RESET_INTERVALS.join(", ")}`}]}function fieldProblems({guardrail={}},provided){return provided.has("enforce_zdr")?ZDR_FIELDS.filter(field=>field in guardrail).map(field=>({input:"guardrail",message:`must not have ${field}, because the input enforce-zdr sets it`})):[]}function orderProblems(valid){const budgets=INTERVALS.flatMap(interval=>{const limit=valid[`budget_${interval}_usd`]
return typeof limit=="bigint"?[{input:`budget-${interval}-usd`,limit}]:[]})
return budgets.flatMap(({input,limit},index)=>{const shorter=budgets[index-1]
return!shorter||limit>shorter.limit?[]:[{input,message:`is ${formatExactUsd(limit)}, and must exceed ${shorter.input}, which is ${formatExactUsd(shorter.limit)}`}]})}function flagProblems(valid,provided){return valid.include_byok_in_budgets===void 0||INTERVALS.some(interval=>provided.has(`budget_${interval}_usd`)&&valid[`budget_${interval}_usd`]!==null)?[]:[{input:"include-byok-in-budgets",message:"needs a budget: OpenRouter can only set it together with one"}]}function toGovernance(values){const governance=toRequest(values),names=Object.keys(governanceInputs).filter(key=>key in values&&(!["members","guardrail"].includes(key)||key in governance)).map(inputName)
return{governance,governanceInputs:names}}function inputOf({kind,field},provided){return kind==="budget"?inputName(`budget_${field}_usd`):kind==="field"||LISTS.some(list=>list===field)?inputName(field):field==="limit_usd"?"guardrail-limit-usd":field==="reset_interval"?"guardrail-limit-reset":field.startsWith("enforce_zdr")&&provided.includes("enforce-zdr")?"enforce-zdr":`guardrail: ${field}`}function toRequest(values){const guardrail=toGuardrail(values),limits=Object.fromEntries(INTERVALS.map(interval=>[interval,values[`budget_${interval}_usd`]]).filter(([,limit])=>limit!==void 0)),{include_byok_in_budgets,members}=values
return{...Object.keys(guardrail).length>0&&{guardrail},...Object.keys(limits).length>0&&{budgets:{limits,include_byok_in_budgets}},...members!==void 0&&members.length>0&&{members}}}function toGuardrail(values){const lists=LISTS.filter(field=>values[field]!==void 0),{enforce_zdr,guardrail_limit_usd:limit,guardrail_limit_reset:reset=null}=values
return{...Object.fromEntries(lists.map(field=>[field,values[field]])),...enforce_zdr!==void 0&&Object.fromEntries(ZDR_FIELDS.map(field=>[field,enforce_zdr])),...limit!==void 0&&{limit_usd:limit,reset_interval:reset},...values.guardrail}}const IF_EXISTS=["fail","reuse","update"]
function isNew({outcome}){return outcome==="created"||outcome==="would-create"}function isReused({outcome},{ifExists}){return outcome==="unchanged"&&ifExists==="reuse"}const createTask=()=>object({deleteKeys:schemas_boolean(),target:object({created:optional(object({id:workspaces_uuid(),slug:schemas_string()})),pending:optional(pendingWorkspace())}).check(refine(({created,pending})=>(created??pending)!==void 0))}),pendingWorkspace=()=>object({desired:createWorkspaceRequest,isThrottled:optional(schemas_boolean()),window:optional(object({from:schemas_number(),to:schemas_number()}))}),DRY_RUN_NOTE="Dry run: nothing was written."
function settingLines(result,{desired,governanceInputs}){const{workspace,changes,governanceChanges}=result
if(!isNew(result))return changeLines([...changes,...governanceChanges],governanceInputs)
const{name:_name,slug:_slug,...fields}=desired,values={...fields,...workspace}
return changeLines([...Object.keys(fields).map(field=>({kind:"field",field,to:values[field]})),...governanceChanges].map(setting=>({...setting,from:void 0})),governanceInputs)}function changeLines(changes,governanceInputs=[]){const lines=changes.map(({from,to,...setting})=>formatChange({field:inputOf(setting,governanceInputs),from,to}))
return[...new Set(lines)]}const slugTaken=declareFailure("slug-taken",({workspace,creatorUnknown,changes,governanceInputs})=>{const{slug,name,id}=workspace,created=createdAt(workspace)
return{title:creatorUnknown?`Cannot determine who created the workspace "${slug}"`:`The slug "${slug}" is taken`,lines:["If this workspace is yours, set if-exists: reuse or update. If not, choose another slug.",`It belongs to the workspace ${JSON.stringify(name)}, id ${id}, created ${created===void 0?"at an unknown time":formatMinute(created,{withYear:!0})}: ${dashboardUrl(slug)}`,"It may belong to another repository, which can delete it at any time.","if-exists: reuse uses it unchanged.",...describeUpdate(changes,governanceInputs)],effect:[creatorUnknown?"The workspace was created while this step was creating one, by this step or by another job.":describeEffect("none")]}})
function describeUpdate(changes,governanceInputs){const governed=governanceInputs.length>0?[`if-exists: update applies ${governanceInputs.join(", ")}, where that differs.`]:[]
return changes.length===0?governed.length>0?governed:["if-exists: update does, too."]:["if-exists: update changes these inputs:",...changeLines(changes),...governed]}const workspaceDiffers=declareWarning("workspace-differs",({workspace,changes})=>({title:`The workspace "${workspace.slug}" has other values than requested`,lines:["OpenRouter returned other values:",...changeLines(changes)]})),TO_APPLY="To apply them: if-exists: update."
function limitsUnknown(inputs){const limits=inputs.filter(input=>input==="guardrail-limit-usd"||/^budget-.*-usd$/.test(input))
return limits.length===0?[]:[`Whether the workspace has these limits is unknown: ${limits.join(", ")}.`]}const governanceNotApplied=declareWarning("governance-not-applied",({workspace,inputs,creatorUnknown,dryRun})=>({title:`${countOf(inputs.length,"input")} ${dryRun?"would not be":"not"} applied to the OpenRouter workspace "${workspace.slug}"`,lines:[...limitsUnknown(inputs),TO_APPLY,`Not applied: ${inputs.join(", ")}.`,`The workspace: ${dashboardUrl(workspace.slug)}`,"With if-exists: reuse, the step changes nothing in a workspace that exists, and does not compare guardrail, budgets and members.",...creatorUnknown?["Whether this step created the workspace cannot be determined. If it did, the workspace has no guardrail, budgets and members yet."]:[]]})),notDeletedAfterJob=declareWarning("not-deleted-after-job",({workspace:{id,slug}})=>({title:`The workspace "${slug}" is not deleted after the job`,lines:[`Whether this step created it cannot be determined: id ${id}, ${dashboardUrl(slug)}`]})),workspaceLeftAlone=declareWarning("workspace-left-alone",({workspace:{id,slug}})=>({title:`The workspace "${slug}" was not deleted`,lines:[`The workspace exists, id ${id}, but nothing shows that this step created it.`]})),createdWorkspaceMissing=declareFailure("created-workspace-missing",({workspace:{id,slug}})=>describeVanished(`workspace "${slug}"`,`id ${id}`))
function diffWorkspace(workspace,desired){return WORKSPACE_FIELDS.filter(field=>desired[field]!==void 0).filter(field=>diff_normalize(field,workspace[field])!==diff_normalize(field,desired[field])).map(field=>({kind:"field",field,from:workspace[field]??null,to:desired[field]}))}function diffReturned(workspace,desired){return diffWorkspace(workspace,desired).filter(({field})=>workspace[field]!==void 0)}function inputsNotApplied(workspace,{desired,governanceInputs}){return[...diffReturned(workspace,desired).map(({field})=>inputName(field)),...governanceInputs]}function matchesDesired(workspace,desired){return diffReturned(workspace,desired).length===0}function diff_normalize(field,value){return Array.isArray(value)?field==="disabled_server_tools"&&value.length===0?"null":JSON.stringify([...new Set(value)].sort()):JSON.stringify(value??null)}function warnOnDrift(workspace,desired,{warn}){const drift=diffReturned(workspace,desired)
if(drift.length===0)return
const changes=drift.map(({from,to,...setting})=>({...setting,from:to,to:from}))
warn(workspaceDiffers,{workspace,changes})}const handleExisting=(existing,request,context)=>{request.assertUsable?.(existing.workspace)
return POLICIES[request.ifExists](existing,request,context)},POLICIES={async fail({workspace,creator},{desired,governanceInputs}){throw new Failure(slugTaken,{workspace,creatorUnknown:creator==="unknown",changes:diffWorkspace(workspace,desired),governanceInputs})},async reuse({workspace,creator},request,context){const{governanceInputs,dryRun}=request,{log,onWorkspace,warn}=context
onWorkspace(workspace,{created:!1})
if(governanceInputs.length>0){const creatorUnknown=creator==="unknown"
warn(governanceNotApplied,{workspace,inputs:inputsNotApplied(workspace,request),creatorUnknown,dryRun})}const{id,slug}=workspace
log.info(`Already exists; reusing it unchanged: id ${id}, ${dashboardUrl(slug)}`)
dryRun&&log.info(DRY_RUN_NOTE)
return{outcome:"unchanged",workspace,changes:[],governanceChanges:[]}},async update({workspace},request,context){const{desired,governance,dryRun}=request,{log,onWorkspace}=context
onWorkspace(workspace,{created:!1})
log.info(`Already exists: id ${workspace.id}, ${dashboardUrl(workspace.slug)}`)
const changes=diffWorkspace(workspace,desired),writes=await planGovernance(governance,workspace,context),plan={outcome:"would-update",workspace,changes,governanceChanges:changesOf(writes)}
if(changes.length===0&&writes.length===0){log.info("Already as requested: nothing to change.")
dryRun&&log.info(DRY_RUN_NOTE)
return{...plan,outcome:"unchanged"}}for(const line of settingLines(plan,request))log.info(`  ${line}`)
if(dryRun){log.info(DRY_RUN_NOTE)
return plan}const allWrites=[...fieldWrites(changes,context),...writes],applied=await applyWrites(allWrites,{workspace,recovery:"run-again"},context)
warnOnDrift(applied.workspace,desired,context)
return{outcome:applied.changes.length>0?"updated":"unchanged",workspace:applied.workspace,changes,governanceChanges:applied.changes.slice(changes.length)}}}
function fieldWrites(changes,{client,onWorkspace}){if(changes.length===0)return[]
const names=changes.map(({field})=>inputName(field)).join(", "),values=Object.fromEntries(changes.map(({field,to})=>[field,to]))
return[{name:names,done:`Updated ${names}.`,changes,async write(workspace){const updated=await patchWorkspace(client,workspace,values)
onWorkspace(updated,{created:!1})
return{workspace:updated}}}]}const SLACK_MS=1e3
function wasCreatedWithin(resource,{from,to}){const created=createdAt(resource)
return created===void 0?void 0:created>=from-SLACK_MS&&created<=to+SLACK_MS}const TOLERANCE_MS=6e4
function currentTime({server,runner},shown){return server===void 0||shown.some(resource=>(createdAt(resource)??server)>server+TOLERANCE_MS)?runner:server}function earlierTime({server,runner}){return server===void 0?void 0:Math.min(server,runner)}function reconcileWorkspace(attempts,facts){const{failure,found}=attempts.at(-1),{retryable}=FAILURE_CLASSES[failure.kind],evidence=collectEvidence(attempts,facts),ambiguous=evidence.canArriveLate||evidence.mayBeApplied
if(!found)return skipsLookup(failure)?{kind:retryable?"retry":"give-up",ambiguous}:{kind:"check",ambiguous}
const{workspace}=found
if(!workspace)return{kind:retryable?"retry":"give-up",ambiguous:evidence.canArriveLate}
const creator=decideCreator(evidence)
return creator==="needs-probe"?{kind:"retry",ambiguous:!0}:{kind:"done",result:{workspace,creator}}}function skipsLookup(failure){const{kind}=failure
return kind==="rejected"?!rejectsResource(failure):["unsent","prevented","throttled","conflict","aborted"].includes(kind)}function collectEvidence(attempts,facts){const last=attempts.at(-1),lastFree=attempts.findLastIndex(({found})=>found&&!found.workspace),sinceFree=attempts.slice(lastFree+1),firstTaken=sinceFree.findIndex(({found})=>found?.workspace),isAmbiguous=({failure:{kind}})=>FAILURE_CLASSES[kind].ambiguous,ambiguousRounds=(firstTaken<0?sinceFree:sinceFree.slice(0,firstTaken+1)).filter(isAmbiguous),slugWasFree=facts.slugWasFree||lastFree>=0,workspace=last.found?.workspace
return{mayBeApplied:ambiguousRounds.length>0,returnedOnly500:ambiguousRounds.every(({failure})=>failure.status===500),canArriveLate:attempts.slice(0,lastFree+1).some(isAmbiguous),wasThrottled:attempts.some(({failure})=>failure.kind==="throttled"),isAsDesired:workspace!==void 0&&matchesDesired(workspace,facts.desired),isRecent:slugWasFree?isCreatedSince(last.found,facts.start-LOOKUP_TOLERANCE_MS)!==!1:isCreatedSince(last.found,facts.start),slugWasFree,wasRejected:last.failure.kind==="rejected",wasProbed:last.failure.status===500&&firstTaken>=0&&firstTaken<sinceFree.length-1}}const LOOKUP_TOLERANCE_MS=6e4
function isCreatedSince(lookup,start){if(lookup?.workspace&&lookup.serverTime!==void 0)return wasCreatedWithin(lookup.workspace,{from:lookup.serverTime-(lookup.headersAt-start),to:Number.POSITIVE_INFINITY})}function decideCreator(evidence){const{mayBeApplied,isRecent,slugWasFree}=evidence
if(isRecent===!1)return"another-job"
const mayBeOurs=mayBeApplied||evidence.canArriveLate||evidence.wasThrottled
return evidence.isAsDesired?mayBeOurs||slugWasFree?isRecent!==void 0&&mayBeApplied?!evidence.returnedOnly500||evidence.wasRejected?"this-step":evidence.wasProbed?"unknown":"needs-probe":"unknown":"another-job":mayBeOurs?"unknown":"another-job"}async function createWorkspace(request,context){const{desired,governance,dryRun}=request,{log}=context
log.info(`Requested: the workspace ${JSON.stringify(desired.name)}, slug ${desired.slug}.`)
const lookup=await lookUpFirst(request,context)
if(lookup?.workspace)return handleExisting({workspace:lookup.workspace,creator:"another-job"},request,context)
const writes=await planGovernance(governance,void 0,context)
if(dryRun)return planCreation(request,writes,context)
const result=await createWorkspaceOnce(request,lookup,context)
return result.creator!=="this-step"?handleExisting(result,request,context):applyGovernance(result,{request,writes},context)}async function lookUpFirst({desired:{slug},ifExists,dryRun,deleteAfterJob},{client}){if(dryRun||deleteAfterJob||ifExists!=="fail")return findWorkspace(client,slug,{trusts404:!dryRun})}function planCreation(request,writes,{log}){const result={outcome:"would-create",changes:[],governanceChanges:changesOf(writes)}
log.info("It does not exist and would be created.")
for(const line of settingLines(result,request))log.info(`  ${line}`)
log.info(DRY_RUN_NOTE)
return result}async function createWorkspaceOnce(request,lookup,context){const{clock,saveTask,warn}=context,start=clock.now(),{deleteKeys}=request,pendingOf=pendingWithin(request,lookup)
saveTask({deleteKeys,target:pendingOf(request.timeoutMs)})
const{value:result,error}=await catching(sendAndReconcile(request,{start,slugWasFree:lookup!==void 0},context),ApiError),pending=pendingOf(clock.now()-(lookup?.headersAt??start)+LATE_MS)
if(error){const{ambiguous,wasThrottled}=error.details,target={pending:{...pending.pending,isThrottled:!ambiguous}}
saveTask(ambiguous||wasThrottled?{deleteKeys,target}:null,{orWarn:!0})
throw error}const{workspace,creator,mayArriveLate}=result
if(creator==="this-step"){const{id,slug}=workspace
reportCreated(workspace,{task:{deleteKeys,target:{created:{id,slug},...mayArriveLate&&pending}},start},context)}else{saveTask(null,{exists:`the workspace "${workspace.slug}", id ${workspace.id}, which the post step may delete`})
creator==="unknown"&&request.deleteAfterJob&&warn(notDeletedAfterJob,{workspace})}return result}const LATE_MS=1e4
function pendingWithin({desired},lookup){const from=lookup?.serverTime
return windowMs=>({pending:{desired,window:from===void 0?void 0:{from,to:from+windowMs}}})}async function sendAndReconcile(request,facts,context){const{client}=context,{desired}=request,outcome=await postOnce({send:()=>sendWorkspace(client,desired,{recovery:create_workspace_recoveryOf(request)}),reconcile:attempts=>reconcileWorkspace(attempts,{desired,...facts}),question:"whether the workspace exists",check:attempts=>lookUpAfter(attempts,request,context)},context),ambiguous=countAmbiguous(outcome.attempts)
return outcome.kind==="reconciled"?{...outcome.result,mayArriveLate:ambiguous>1}:{workspace:outcome.data,creator:"this-step",mayArriveLate:ambiguous>0}}async function lookUpAfter(attempts,{desired:{slug},ifExists},{client}){const lookUp=()=>findWorkspace(client,slug,{trusts404:!0}),mayBeTaken=ifExists!=="fail"&&attempts.at(-1)?.failure.kind==="rejected"
let lookup=await lookUp()
for(const delay of mayBeTaken?LATE_POST_DELAYS_MS.slice(1):[]){if(lookup.workspace)break
await client.pause(delay)
lookup=await lookUp()}return lookup}function reportCreated(workspace,{task,start},{clock,log,onWorkspace,saveTask}){const{id,slug}=workspace,url=dashboardUrl(slug)
saveTask(task,{exists:`the workspace "${slug}", id ${id}, ${url}`})
onWorkspace(workspace,{created:!0})
log.info(`Created in ${formatSeconds(clock.now()-start)}: id ${id}, ${url}`)}function otherIfExists({governanceInputs,ifExists}){const needed=ifExists==="update"||governanceInputs.length>0?"update":"reuse"
return needed===ifExists?void 0:needed}function recoveryOfWrites(request){if(request.deleteAfterJob)return"deleted-after-job"
const{supersededBy}=request
return supersededBy!==void 0?{supersededBy}:otherIfExists(request)==="update"?"run-again-with-update":"run-again"}function create_workspace_recoveryOf(request){if(request.deleteAfterJob)return"The post step of this action, if it runs, looks for the workspace and deletes it."
const other=otherIfExists(request)
return(other?`Set if-exists: ${other}, and start a new run`:"Run this again")+": if the workspace was created, the step uses it. That is safe if no other run creates a workspace with this slug."}async function applyGovernance({workspace},{request,writes},context){const result={outcome:"created",workspace,changes:[],governanceChanges:changesOf(writes)}
for(const line of settingLines(result,request))context.log.info(`  ${line}`)
warnOnDrift(workspace,request.desired,context)
await applyWrites(writes,{workspace,recovery:recoveryOfWrites(request)},context)
return result}const external_node_crypto_namespaceObject=require("node:crypto"),MADE_SLUG_MAX_LENGTH=50
function slugFrom(text,prefix=""){return prefix+withHash(text,MADE_SLUG_MAX_LENGTH-prefix.length)}const HASH_LENGTH=8
function withHash(text,maxLength){const hash=(0,external_node_crypto_namespaceObject.createHash)("sha256").update(text).digest("hex").slice(0,HASH_LENGTH),start=toSlug(text).slice(0,Math.max(0,maxLength-HASH_LENGTH-1)).replace(/-$/,"")
return start===""?hash:`${start}-${hash}`}function toSlug(text){return text.normalize("NFD").replace(/\p{M}/gu,"").toLowerCase().replace(/[^a-z0-9]+/g,"-").replace(/^-|-$/g,"")}const PREFIX_MESSAGE="must be 2 to 30 lower-case letters, digits and single hyphens, and end with a hyphen",slugPrefix=()=>optional(schemas_string(PREFIX_MESSAGE).check(refine(text=>text.length<=30&&/^[a-z0-9]+(?:-[a-z0-9]+)*-$/.test(text),PREFIX_MESSAGE))),slugInputs=()=>({slug_from:optional(schemas_string().check(refine(text=>!/^[-_/]|[-_/#:]$/.test(text),"must not begin or end with a separator such as - or /"))),slug_prefix:slugPrefix()})
function slugProblems(named,valid,provided,{instead}={}){const problems=[],isMade=provided.has("slug_from"),isReplaced=instead!==void 0&&provided.has(instead)
if(!isMade&&!provided.has(named)&&!isReplaced){const without=instead?` without ${instead.replace("_","-")}`:""
problems.push({input:named,message:`or slug-from is required${without}`})}isMade&&provided.has(named)&&problems.push({input:"slug-from",message:`must not be combined with ${named}: remove one of them`})
isMade||valid.slug_prefix===void 0||problems.push({input:"slug-prefix",message:`needs slug-from: ${named} is used as it is written`})
return problems}function makeSlug({slug_from:text="",slug_prefix:prefix},log){const slug=slugFrom(text,prefix)
log.info(`The slug is ${slug}, made from slug-from.`)
return slug}const createInputs=()=>{const{name,slug,...fields}=createWorkspaceRequest.shape
return object({management_key:connection.management_key,name:getInput("slug-from")===""?name:pipe(transform(cutText),name),slug:optional(slug),...slugInputs(),...fields,...governanceInputs,if_exists:schemas_default(schemas_enum(IF_EXISTS,"must be fail, reuse or update"),"fail"),dry_run:fields_flag(),delete_after_job:fields_flag(),delete_keys:fields_flag(),api_url:connection.api_url,timeout:connection.timeout})}
function cutText(value){return typeof value=="string"?cutName(value):value}function createProblems(valid,provided){const{delete_keys:deleteKeys,delete_after_job:deleteAfterJob}=valid,isOff=deleteAfterJob===!1||!provided.has("delete_after_job")
return[...slugProblems("slug",valid,provided),...governanceProblems(valid,provided),...deleteKeys===!0&&isOff?[{input:"delete-keys",message:"needs delete-after-job: true"}]:[]]}function readCreateInputs(log){const values=readInputs(createInputs(),createProblems),slug=values.slug??makeSlug(values,log)
values.name!==getInput("name")&&log.notice(`name was cut to ${NAME_MAX_LENGTH} characters: OpenRouter accepts no more.`)
return{...toConnection(values),desired:toFields({...values,slug}),...toGovernance(values),ifExists:values.if_exists,dryRun:values.dry_run,deleteAfterJob:values.delete_after_job,deleteKeys:values.delete_keys}}function toFields(values){return Object.fromEntries(Object.entries(values).filter(([key])=>Object.hasOwn(createWorkspaceRequest.shape,key)))}const SETTLE_MS=18e4,COUNT_MS=36e5
function isWorking({state}){return state==="works"}function settlesIn(one){return isWorking(one)?void 0:Math.max(0,SETTLE_MS-one.endedFor)}function isCounted({endedFor}){return endedFor>=COUNT_MS}function endsOf(key){return[isDisabled(key)?key.updated_at:void 0,key.expires_at].map(readTime).filter(end=>end!==void 0)}function toSeen(key,now,seenMs=0){const state=keyState(key,now)
if(state==="works")return{key,state,endedFor:0}
const known=now===void 0?[]:endsOf(key).map(end=>now-end)
return{key,state,endedFor:Math.max(seenMs,...known)}}function seenIn({keys,serverTime}){return keys.map(key=>toSeen(key,serverTime))}function withUnknownEnd({keys,serverTime}){const isUnknown=key=>serverTime===void 0||endsOf(key).length===0
return keys.filter(key=>keyState(key,serverTime)!=="works"&&isUnknown(key))}class KeyWatch{#clock
#endedSince=new Map
list
last
constructor(clock){this.#clock=clock}see(list){const seen=list.keys.map(key=>this.#seeOne(key,list.serverTime))
this.list=list
this.last=seen
return seen}seeDisabled(disabled){const now=this.#seeOne(disabled,void 0)
this.last=this.last?.map(one=>one.key.hash===disabled.hash?now:one)}#seeOne(key,now){const seen=toSeen(key,now)
if(isWorking(seen)){this.#endedSince.delete(key.hash)
return seen}const since=this.#endedSince.get(key.hash)??this.#clock.now()
this.#endedSince.set(key.hash,since)
return toSeen(key,now,this.#clock.now()-since)}}function spentOf(one){const{usage:amount}=one.key
return amount===void 0||amount<0n?void 0:{amount,isExact:isCounted(one)}}function spentBy(keys){return sumSpent(keys.map(spentOf))}function sumSpent(parts){return{amount:sumUsd(parts.map(part=>part?.amount??0n)),isExact:parts.every(part=>part?.isExact)}}function isUncounted({amount,isExact}){return amount===0n&&!isExact}function formatSpent(spent,format=formatUsd){if(isUncounted(spent))return"not yet counted"
const{amount,isExact}=spent
return isExact?format(amount):`at least ${format(amount,"down")}`}function describeSpent(spent){const amount=formatSpent(spent)
return isUncounted(spent)?`spending ${amount}`:`${amount} spent`}const COUNTED_LATE="OpenRouter can count what is spent up to an hour late."
function whyAtLeast({isExact}){return isExact?[]:[COUNTED_LATE]}function spentFormat(amounts){const format=columnFormat(amounts.flatMap(spent=>spent?.amount??[]))
return spent=>spent?formatSpent(spent,format):"unknown"}function totalRow(cells,amounts){const isKnown=amounts.some(spent=>spent!==void 0)
if(!(amounts.length<2)&&isKnown)return[...cells,spentFormat(amounts)(sumSpent(amounts))]}function keysTable(keys,total="Total of the keys it still had",stateOf){if(keys.length===0)return
const sorted=sortedBy(keys,({key})=>key.name),amounts=sorted.map(spentOf),format=spentFormat(amounts)
return{header:["API key",{numbers:"Spent"}],rows:sorted.map((one,at)=>[[{code:one.key.name},"\n",{code:one.key.label},...stateOf?[` ${stateOf(one)}`]:[]],format(amounts[at])]),total:totalRow([total],amounts)}}function foldedKeys(heading,keys,total){if(keys.length===0)return[]
const spent=spentBy(keys)
return[{title:`${heading}: ${keys.length}, ${describeSpent(spent)}`,paragraphs:whyAtLeast(spent),table:keysTable(keys,total)}]}function identityOutputs({id,slug,name},{created}){return{id,slug,name,url:dashboardUrl(slug),created:String(created)}}function outcomeOutputs({outcome,workspace},{desired:{slug,name}}){return workspace?{outcome,workspace:workspaceToJson(workspace)}:{slug,name,url:dashboardUrl(slug),created:"false",outcome}}function workspaceToJson(workspace){const{id,slug,name}=workspace,total=Object.keys(workspace).length,json=JSON.stringify(workspace)
return Buffer.byteLength(json)<MAX_VALUE_BYTES?{json,shown:total,total,items:"fields"}:{json:JSON.stringify({id,slug,name}),shown:3,total,items:"fields"}}const VERBS={created:"Created",updated:"Updated",unchanged:"Unchanged:","would-create":"Dry run: would create","would-update":"Dry run: would update"}
function createSummary(result,request){const{outcome,workspace}=result,{name,slug}=workspace??request.desired,{remedy,...shown}=describeResult(result,request)
return{title:shown.titleFor(`OpenRouter workspace ${JSON.stringify(name)}`),url:workspace&&dashboardUrl(slug),paragraphs:[...remedy,["Slug: ",{code:slug},...workspace?[", id: ",{code:workspace.id}]:[]],...request.deleteAfterJob&&outcome==="created"?["The workspace is deleted after the job."]:[]],table:shown.table,notes:shown.notes}}function describeResult(result,request){const lines=settingLines(result,request),notApplied=notAppliedBy(result,request),title=`${iconOf(request,notApplied)} ${verbOf(result,request)} the`,count=countOfInputs(result,{lines,notApplied})
return{titleFor:thing=>`${title} ${thing}${count}`,remedy:remedyOf(result,request,notApplied),isWarning:notApplied.length>0,table:tableOf(result,request,{lines,notApplied}),notes:describeOmitted(outcomeOutputs(result,request))}}function iconOf({dryRun},notApplied){return notApplied.length>0?"\u26a0\ufe0f":dryRun?"\u{1f50e}":"\u2705"}function verbOf(result,request){const{dryRun}=request
return isReused(result,request)?dryRun?"Dry run: would reuse":"Reused":dryRun&&result.outcome==="unchanged"?"Dry run: would not change":VERBS[result.outcome]}function countOfInputs(result,{lines,notApplied}){return notApplied.length>0?`: ${countOf(notApplied.length,"input")} not applied`:isNew(result)||lines.length===0?"":`: ${countChanges(lines.length)}`}function tableOf(result,request,{lines,notApplied}){const{workspace}=result
return workspace&&isReused(result,request)?notApplied.length!==0?tableOfLines("Not applied",[...changeLines(diffReturned(workspace,request.desired)),...request.governanceInputs]):void 0:tableOfLines(isNew(result)?"Inputs":"Changes",lines)}function tableOfLines(heading,lines){if(lines.length!==0)return{header:[heading],rows:lines.map(line=>[{code:line}])}}function afterJobSummary({slug},keys){return{title:`\u2705 Deleted the OpenRouter workspace "${slug}" (delete-after-job)`,folded:foldedKeys("API keys deleted by this step",keys)}}function notAppliedBy(result,request){const{workspace}=result,reused=isReused(result,request)
return!workspace||request.dryRun&&!reused||request.supersededBy?[]:inputsNotApplied(workspace,reused?request:{...request,governanceInputs:[]})}function remedyOf(result,request,notApplied){return notApplied.length===0?[]:isReused(result,request)?[...limitsUnknown(notApplied),TO_APPLY]:[`OpenRouter returned other values than requested: ${notApplied.join(", ")}.`]}function create(){return runStep({action:"openrouter-workspace"},async step=>{const{report}=step,inputs=readCreateInputs(report),saveTask=openJournal(inputs,report),result=await createWorkspace(inputs,{...startContext(inputs,step),saveTask:inputs.deleteAfterJob?saveTask:()=>{},onWorkspace:(workspace,ownership)=>report.output(identityOutputs(workspace,ownership))})
report.output(outcomeOutputs(result,inputs))
throwIfCancelled(step.signal)
report.summarize(createSummary(result,inputs))})}async function runPostStep(post){const saved=readJournal(post.schema),isSaved=typeof saved=="object",main=findRunningMain()
if(!isSaved&&!main)return
let advice,task=!isSaved||saved instanceof Failure?void 0:saved.task
await runStep({action:post.action,isPost:!0},async step=>{if(main){const leftovers=post.describeLeftovers(task)||post.describeLeftovers(void 0)
await endMain(main,step,{leftovers,hasSavedState:saved!=="missing"})}if(saved instanceof Failure)throw saved
if(!isSaved)return
const context=startContext({...saved,managementKey:readInputs(object({management_key:connection.management_key})).management_key},step,{wasAccepted:!0}),incomplete=await post.run(saved.task,context,step)
if(incomplete){task=incomplete.left
advice=incomplete.advice
throw incomplete.error}},(report,error,effect)=>{const leftovers=post.describeLeftovers(task),failsJob=post.failsJob?.(task,error)===!0
failsJob?report.fail(error,effect,{leftovers,advice}):report.warnOfPostStep(error,{effect,leftovers,advice})
return failsJob?1:0})}async function endMain(main,{report,clock,signal},{leftovers,hasSavedState}){await endProcess(main,{clock,signal})?hasSavedState?report.info("The step was still running. It was ended with SIGTERM before this post step."):report.warn(mainWasRunning,{leftovers}):report.warn(mainStillRunning,{seconds:END_WITHIN_MS/1e3,leftovers})}const EVERY=100
function countDone({info},what,total){let done=0
return()=>{done+=1
done%EVERY===0&&info(`${what}: ${done} of ${total}.`)}}function workingIn(keysLeft){return keysLeft?.filter(isWorking).map(({key})=>key)}function canSpend(keysLeft){return workingIn(keysLeft)?.length!==0}const MAX_NAMED=3
function describeWorking(keysLeft){const working=workingIn(keysLeft)
return working?working.length===0?"None of its API keys works.":`Still able to spend: ${[countKeys(working.length),...boundOf(working)].join(", ")}: ${truncateList(working.map(describeKey),MAX_NAMED).join(", ")}.`:"Its API keys may still work, each up to its own limit."}function boundOf(working){if(working.some(key=>key.limit===null))return[working.length===1?"no limit":"at least one without a limit"]
const amounts=working.flatMap(key=>leftOf(key)??[])
return amounts.length===working.length?[`${formatUsd(sumUsd(amounts),"up")} at most`]:[]}function leftOf(key){const limit=limitOf(key),{usage:spent}=key
if(limit&&limit.reset===void 0&&spent!==void 0)return maxUsd(limit.remaining??limit.amount-spent,0n)}function withOutcome(deletions,...outcomes){return outcomes.flatMap(outcome=>deletions.filter(one=>one.outcome===outcome))}function deletionLine(what,{outcome,keys,spent}){const amount=spent?describeSpent(spent):"spending unknown",deleted=keys.length===0?"no API keys":`${countKeys(keys.length)}, ${amount}`
return outcome==="deleted"?`Deleted ${what}: ${deleted}.`:`Another job had deleted ${what}. This step deleted ${deleted}.`}function sweepOutputs(result){const deleted=withOutcome(result,"deleted")
return{deleted:workspacesToJson(deleted),"would-delete":workspacesToJson(withOutcome(result,"would-delete")),kept:workspacesToJson(withOutcome(result,"too-many","kept")),failed:workspacesToJson(withOutcome(result,"failed")),count:String(deleted.length)}}function workspacesToJson(entries){return toJsonList(entries.map(({id,slug,created_at=null,reason})=>({id,slug,created_at,reason})),"workspaces")}const VERDICTS=[["would-delete","\u{1f50e} Dry run: would delete"],["deleted","\u2705 Deleted"],["already-deleted","\u2705 Already deleted by another job:"],["left","\u2705 Left to the next clean-up:"]]
function deletionTitle(deletions,{what,nothing}){for(const[outcome,title]of VERDICTS){const{length:count}=withOutcome(deletions,outcome)
if(count>0)return`${title} ${what(count)}`}return`\u2705 Nothing to delete: ${nothing}`}function sweepSummary(result,words,{deleteKeys}){const planned=withOutcome(result,"would-delete"),{thing,stale}=words
return{title:deletionTitle(result,{what:count=>countOf(count,thing),nothing:`no ${thing} is ${stale}`}),paragraphs:planned.length>0&&!deleteKeys?[KEYS_NOT_CHECKED]:[],table:sweptTable(planned,words),...foldedGroups(result,words,{except:"would-delete"})}}const KEYS_NOT_CHECKED="Whether they have API keys was not checked. Without delete-keys: true, a workspace that has any is not deleted.",GROUPS=[["failed","Failed"],["deleted","Deleted"],["already-deleted","Already deleted by another job"],["left","Left to the next clean-up"],["would-delete","Would be deleted"],["kept","Kept"]]
function foldedGroups(result,words,{except}={}){const folded=GROUPS.flatMap(([outcome,heading])=>{const entries=withOutcome(result,outcome)
return entries.length===0||outcome===except?[]:[{title:`${heading}: ${describeSwept(entries)}`,table:sweptTable(entries,words)}]})
return{folded,notes:[...describeOmitted(sweepOutputs(result)),...whyAtLeast(sumOf(result))]}}function describeSwept(entries){const amount=entries.some(({spent})=>spent)?`, ${describeSpent(sumOf(entries))}`:""
return`${entries.length}${amount}`}function sumOf(entries){return sumSpent(entries.flatMap(({spent})=>spent??[]))}function sweptTable(entries,{heading}){const[first]=entries
if(!first)return
const hasReason=["kept","left","failed"].includes(first.outcome),hasAge=!hasReason&&first.age!==void 0,amounts=entries.flatMap(({spent})=>spent??[]),format=spentFormat(amounts),cellsOf=(reason,age)=>[...hasReason?[reason]:[],...hasAge?[age]:[]],last=content=>amounts.length>0?[content]:[]
return{header:[heading,...cellsOf("Reason","Age"),...last({numbers:"Spent"})],rows:sortedBy(entries,({slug})=>slug).map(entry=>[nameOf(entry),...cellsOf(entry.reason,unbroken(formatAge(entry.age??0))),...last(entry.spent?format(entry.spent):"\u2013")]),total:totalRow(["Total",...cellsOf("","")],amounts)}}function nameOf({slug,link}){return link?[{code:slug}," ",link]:{code:slug}}const workspaceHasKeys=declareFailure("workspace-has-keys",({workspace,keys})=>({title:`Cannot delete the workspace "${workspace.slug}": it has ${countKeys(keys.length)}, and delete-keys is false`,rows:truncateList(keys.map(one=>`${describeKey(one.key)}: ${one.state}`)),lines:["To delete the keys too, set delete-keys: true, which is false by default. Whatever uses them then fails.","OpenRouter does not delete a workspace that has API keys."],effect:[NOTHING_DELETED],table:keysTable(keys,"Total",({state})=>state),notes:whyAtLeast(spentBy(keys))})),keysKeepAppearing=declareFailure("keys-keep-appearing",({workspace,rounds,deletedKeys})=>({title:`New API keys keep appearing in the workspace "${workspace.slug}"`,lines:[`Stop whatever creates them: the keys were listed ${rounds} times, and the last list still had new ones.`,AGAIN],effect:describeRemaining(workspace,{deletedKeys,keysLeft:void 0})})),workspaceStillExists=declareFailure("workspace-still-exists",({workspace})=>({title:`The workspace "${workspace.slug}" still exists`,lines:[],effect:[`OpenRouter reported that it was deleted or missing, but still returns it: id ${workspace.id}.`,"Delete it again, and report it to OpenRouter if that does not help."]})),teardownIncomplete=declareFailure("teardown-incomplete",({workspace,errors,...keys})=>{const[first]=errors,what=errors.length===1?`Could not ${first.details.operation}`:`Could not delete ${errors.length} API keys of the workspace "${workspace.slug}"`,{lines,details}=describeAll(errors)
return{lines:[...lines,AGAIN],details,title:`${what}: ${describeCause(first.details)}`,effect:describeRemaining(workspace,keys)}},({errors})=>errors),AGAIN="Deleting the workspace again finishes the work.",LOOK_FOR_KEYS="Look for API keys in OpenRouter's dashboard, also those of OAuth apps, and delete them before the workspace."
function describeAll(errors){const[first]=errors,advice=first.details.method==="DELETE"&&rejectsResource(first.details)?[LOOK_FOR_KEYS]:void 0,{lines,details=[]}=describePart(first,advice)
return{lines,details:[...details,...truncateList(errors.slice(1).map(({message})=>message))]}}function describeRemaining({slug,id},{deletedKeys,keysLeft}){return[`Not deleted, or unknown: the workspace "${slug}", id ${id}.`,`API keys deleted before that: ${deletedKeys}.`,describeWorking(keysLeft)]}const tooManyStale=declareFailure("too-many-stale",({result,words,maxDeletions})=>{const found=withOutcome(result,"too-many")
return{title:`${countOf(found.length,"OpenRouter workspace")} are stale, more than max-deletions allows (${maxDeletions}): none was deleted`,lines:[`Check slug-pattern, older-than and keep. If all of them are to be deleted, set max-deletions to ${found.length} and start a new run.`],effect:["Their API keys may still work, each up to its own limit."],table:sweptTable(found,words),...foldedGroups(result,words)}}),sweepIncomplete=declareFailure("sweep-incomplete",({result,words})=>{const all=withOutcome(result,"failed"),{thing,action,run}=words
return{title:`Could not ${action} ${countOf(all.length,thing)}`,rows:[...truncateList(all.map(({slug,reason})=>`${slug}: ${reason}`),10),`Deleted: ${describeSwept(withOutcome(result,"deleted"))}.`],lines:[...rejectionAdvice(all.flatMap(({failure})=>failedRequests(failure))),`Correct what does not pass by itself. Then run this again, or wait for the next ${run}.`],effect:[],table:sweptTable(all,words),...foldedGroups(result,words,{except:"failed"})}})
function sweepFailure(result,words,{maxDeletions=0}={}){const has=outcome=>withOutcome(result,outcome).length>0
return has("too-many")?new Failure(tooManyStale,{result,words,maxDeletions}):has("failed")?new Failure(sweepIncomplete,{result,words}):void 0}const ROUND_DELAYS_MS=[0,0,1e3,2e3,4e3],teardown_MAX_NAMED=3
async function teardown(workspace,options,context){const keys=[],listedHashes=new Set
let last={newKeys:[],keysLeft:void 0},mayBeDeleted=!1
const resultOf=end=>{const counted=keys.map(one=>({...one,key:context.counters.see(one.key)}))
return{...end,keys:counted,...keys.length>0&&{spent:spentBy(counted)}}}
for(const[index,delay]of ROUND_DELAYS_MS.entries()){await context.client.pause(delay)
const relistKeys=options.relistKeys&&index<ROUND_DELAYS_MS.length-1,round=await runRound(workspace,{...options,relistKeys,listedHashes},context)
keys.push(...round.deletedKeys)
for(const{key}of round.newKeys)listedHashes.add(key.hash)
mayBeDeleted||=round.mayBeDeleted===!0
if(round.kind==="finished")return resultOf(endOf(round.deleted||mayBeDeleted))
if(round.kind==="blocked")return resultOf({outcome:"failed",failure:round.failure})
if(round.kind==="failed"){const facts={...round,rejection:last.rejection,deletedKeys:keys,mayBeDeleted}
return resultOf(await failUnlessGone(workspace,facts,context))}last=round}const{newKeys,rejection}=last
if(newKeys.length===0&&rejection){const facts={...last,errors:[rejection],deletedKeys:keys,mayBeDeleted}
return resultOf(await failUnlessGone(workspace,facts,context))}return resultOf({outcome:"failed",failure:new Failure(keysKeepAppearing,{workspace,rounds:ROUND_DELAYS_MS.length,deletedKeys:keys.length},"new API keys keep appearing in it")})}function endOf(isDeleted){return{outcome:isDeleted?"deleted":"already-deleted"}}async function runRound(workspace,options,context){const{deleteKeys,relistKeys}=options,{errors,...keys}=await deleteNewKeys(workspace,options,context),{newKeys}=keys
if(errors.length>0)return{kind:"failed",...keys,errors}
if(newKeys.length>0&&!deleteKeys)return blockedByKeys(workspace,keys)
if(newKeys.length>0&&relistKeys)return{kind:"repeat",...keys}
const deletion=await catching(deleteWorkspace(context.client,workspace),ApiError)
if(!deletion.error)return{...keys,...roundAfter(workspace,deletion.value)}
const{error}=deletion,facts={...keys,mayBeDeleted:error.details.ambiguous}
return rejectsResource(error.details)?{kind:"repeat",...facts,rejection:error}:{kind:"failed",...facts,errors:[error]}}async function deleteNewKeys(workspace,{deleteKeys,listedHashes},context){const{value:list,error}=await catching(listKeys(context,workspace),ApiError)
if(error)return{newKeys:[],deletedKeys:[],errors:[error],keysLeft:void 0}
const newKeys=seenIn(list).filter(({key})=>!listedHashes.has(key.hash))
if(!deleteKeys)return{newKeys,deletedKeys:[],errors:[],keysLeft:newKeys}
const{deleted,left,errors}=await deleteAndLog(workspace,newKeys,context)
return{newKeys,deletedKeys:deleted,errors,keysLeft:left}}async function deleteAndLog({slug},all,context){const keys=all.map(({key})=>key),deletedKeys=new Set,onDone=countDone(context.log,`API keys of the workspace ${slug} deleted`,keys.length),undeleted=await deleteEach(keys,context,key=>{deletedKeys.add(key)
onDone()}),undeletedKeys=new Set(undeleted.map(({key})=>key)),deleted=all.filter(({key})=>deletedKeys.has(key))
deleted.length>0&&context.log.request(`Deleted ${countKeys(deleted.length)} of the workspace ${slug}: ${nameSome(deleted)}.`)
return{deleted,left:all.filter(({key})=>undeletedKeys.has(key)),errors:undeleted.map(({error})=>error)}}function nameSome(keys){const names=keys.map(({key})=>describeKey(key))
return truncateList(names,teardown_MAX_NAMED).join(", ")}function blockedByKeys(workspace,{newKeys:keys,keysLeft}){const reason=`it has ${countKeys(keys.length)}, and delete-keys is false. ${describeWorking(keys)}`
return{kind:"blocked",newKeys:keys,deletedKeys:[],keysLeft,failure:new Failure(workspaceHasKeys,{workspace,keys},reason)}}function roundAfter(workspace,deletion){return deletion.kind!=="unclear"?{kind:"finished",deleted:deletion.kind==="deleted"}:{kind:"blocked",failure:new Failure(workspaceStillExists,{workspace},"OpenRouter reported that it does not exist, but still returns it")}}async function failUnlessGone(workspace,{errors,newKeys,rejection,deletedKeys,mayBeDeleted,...found},context){return errors.every(({details})=>rejectsResource(details)||details.ambiguous)&&await isGone(workspace,context)?endOf(mayBeDeleted):{outcome:"failed",failure:incompleteTeardown({workspace,errors,deletedKeys:deletedKeys.length,keysLeft:rejection&&newKeys.length===0?void 0:found.keysLeft})}}function incompleteTeardown(details){const[first]=details.errors,reason=`${formatCause(first.details)}. ${describeWorking(details.keysLeft)}`
return new Failure(teardownIncomplete,details,reason)}async function isGone({id},{client}){const{value:lookup,error}=await catching(findWorkspace(client,id),ApiError)
return!error&&!lookup.workspace}function createPost(){return runPostStep({action:"openrouter-workspace",schema:createTask(),run:(task,context,{report})=>runCreateTask(task,{...context,onDeleted:(workspace,keys)=>report.summarize(afterJobSummary(workspace,keys))}),describeLeftovers:task=>task?describeWorkspaceLeft(task):"a workspace, if the step created one"})}function describeWorkspaceLeft({target:{created,pending}}){return`the workspace "${(created??pending?.desired)?.slug}"`}async function runCreateTask(task,context){const{target}=task,deletedIds=new Set
let next=target.created
for(let count=0;count<MAX_CREATED;count+=1){next??=target.pending&&await findCreated(target.pending,{...context,deletedIds})
if(!next)return
const incomplete=await deleteCreated(next,task,context)
if(incomplete)return incomplete
deletedIds.add(next.id)
next=void 0}}const MAX_CREATED=5
async function deleteCreated(workspace,task,context){const{slug,id}=workspace,options={deleteKeys:task.deleteKeys,relistKeys:!1},keys=[]
for await(const _ of whileMissing(context)){const{outcome,failure,...deleted}=await teardown(workspace,options,context)
if(failure)return{error:failure,left:task}
keys.push(...deleted.keys)
if(outcome!=="deleted")continue
const others=keys.length>0?` and ${countKeys(keys.length)}`:""
context.log.info(`Deleted the workspace ${slug}, id ${id},${others} because of delete-after-job.`)
context.onDeleted(workspace,keys)
return}return{error:new Failure(createdWorkspaceMissing,{workspace}),left:task}}async function findCreated(pending,context){const{client,log,warn,deletedIds}=context,{desired,window}=pending
for(const delay of LATE_POST_DELAYS_MS){await client.pause(delay)
const{workspace}=await findWorkspace(client,desired.slug,{trusts404:!0})
if(workspace&&!deletedIds.has(workspace.id)){if(window!==void 0&&wasCreatedWithin(workspace,window)&&matchesDesired(workspace,desired))return workspace
warn(workspaceLeftAlone,{workspace})
return}}log.info(describeUnfound(pending,deletedIds))}function describeUnfound({desired:{slug},isThrottled},deletedIds){const missing=`The workspace "${slug}" does not exist`
return deletedIds.size>0?`${missing}: no late request created it again.`:isThrottled?`${missing}: nothing to delete.`:`${missing}. A late request may still create it: then it stays until the action delete or sweep deletes it.`}const defaultWorkspace=declareFailure("default-workspace",({workspace})=>({title:"The default workspace is never deleted",lines:[`The workspace "${workspace.slug}", id ${workspace.id}, is the default workspace of the account. Deleting it would permanently disable the account's keys.`],effect:[NOTHING_DELETED]})),slugPrefixMismatch=declareFailure("slug-prefix-mismatch",({written,slug,prefix})=>({title:`The slug "${slug}" does not begin with "${prefix}"`,lines:[`expect-slug-prefix is "${prefix}", but the workspace is "${written}"${written===slug?"":`, whose slug is "${slug}"`}.`,"Correct the workspace or, if it is right, expect-slug-prefix."],effect:[NOTHING_DELETED]})),deletionNotVerified=declareFailure("deletion-not-verified",({workspace:{slug,id},error})=>({...describePart(error),title:`Could not verify that the workspace "${slug}" was deleted: ${describeCause(error.details)}`,effect:[`OpenRouter reported that it deleted the workspace "${slug}", id ${id}.`]}))
async function deleteOne(request,context,onFound){const{client,log}=context,{deleteKeys,dryRun}=request
log.info(`Requested: delete the workspace ${JSON.stringify(request.workspace)}.`)
isUuid(request.workspace)||assertPrefix(request.workspace,request)
const{workspace}=await findWorkspace(client,request.workspace)
if(!workspace){log.info("No workspace has that id or slug: nothing to delete.")
return}onFound(workspace)
log.info(`Found ${describeFound(workspace,request.workspace)}.`)
assertDeletable(workspace,request)
if(dryRun)return planDeletion(workspace,request,context)
const options={deleteKeys,relistKeys:!0},deletion=await teardown(workspace,options,context)
if(deletion.failure)return{workspace,...deletion}
const failure=deletion.outcome==="deleted"?await verifyDeleted(workspace,context):void 0
if(failure?.is(deletionNotVerified))return{workspace,...deletion,failure}
if(failure)return{workspace,...deletion,outcome:"failed",failure}
log.info(deletionLine("the workspace",deletion))
return{workspace,...deletion}}function assertDeletable(workspace,request){if(isDefault(workspace))throw new Failure(defaultWorkspace,{workspace})
assertPrefix(workspace.slug,request)}function assertPrefix(slug,{workspace,expectSlugPrefix:prefix=""}){if(!slug.startsWith(prefix))throw new Failure(slugPrefixMismatch,{written:workspace,slug,prefix})}async function planDeletion(workspace,{deleteKeys},context){const keys=seenIn(await listKeys(context,workspace))
if(keys.length>0&&!deleteKeys)throw new Failure(workspaceHasKeys,{workspace,keys})
context.log.info(`Dry run: the workspace and ${countKeys(keys.length)} would be deleted. Nothing was deleted.`)
return{workspace,outcome:"would-delete",keys}}async function verifyDeleted({slug,id},{client}){const workspace={slug,id}
for(const delay of[0,...DELETION_LAG_MS]){await client.pause(delay)
const{value:lookup,error}=await catching(findWorkspace(client,id,{trusts404:!0}),ApiError)
if(error)return new Failure(deletionNotVerified,{workspace,error})
if(!lookup.workspace)return}return new Failure(workspaceStillExists,{workspace})}const deleteInputs=()=>object({management_key:connection.management_key,workspace:optional(idOrSlug()),...slugInputs(),expect_slug_prefix:optional(schemas_string().check(_regex(/^[a-z0-9-]+$/,"must be the beginning of a slug: lower-case letters, digits and hyphens"))),delete_keys:fields_flag(),dry_run:fields_flag(),api_url:connection.api_url,timeout:connection.timeout})
function readDeleteInputs(log){const values=readInputs(deleteInputs(),(valid,provided)=>slugProblems("workspace",valid,provided))
return{...toConnection(values),workspace:values.workspace??makeSlug(values,log),expectSlugPrefix:values.expect_slug_prefix,deleteKeys:values.delete_keys,dryRun:values.dry_run}}function deleteOutputs(result,{dryRun}){const keys=result?.keys??[],spent=spentBy(keys)
return{deleted:String(result?.outcome==="deleted"),"deleted-keys":String(dryRun?0:keys.length),"keys-cost-usd":spent.isExact?exactUsd(spent.amount):""}}function deleteSummary(result,request){const what=`the OpenRouter workspace "${result?.workspace.slug??request.workspace}"`,title=deletionTitle(result?[result]:[],{what:()=>what,nothing:`${what} does not exist`})
return result?{title,paragraphs:[["Name: ",{code:result.workspace.name}]],folded:foldedKeys(request.dryRun?"API keys that would be deleted with it":"API keys deleted by this step",result.keys)}:{title}}function main_deleteWorkspace(){return runStep({action:"delete"},async step=>{const{report}=step,inputs=readDeleteInputs(report),result=await deleteOne(inputs,startContext(inputs,step),({id,slug})=>report.output({id,slug}))
report.output(deleteOutputs(result,inputs))
if(result?.failure)throw result.failure
report.summarize(deleteSummary(result,inputs))})}const END_NOW="To end the API key now, disable it at https://openrouter.ai/workspaces.",sealedKeyEmpty=declareFailure("sealed-key-empty",()=>({title:"The input sealed-key is empty, so there may be an API key that this job cannot have",lines:["Check that the job that seals the key declares the output sealed-key, that this job names this output, and that this job needs that job.","If the step that seals the key has failed, its log says why.","GitHub drops an output that contains a secret. A secret of one or two characters, or with such a line, is in many texts: remove it.","The API key, if there is one, works until its expires-in.",END_NOW,"The next deployment that succeeds replaces the key of a deployment."]})),REASONS={"not-opened":{key:"The secret in seal is not the one of the job that sealed the key, the text was changed, or that job has another version of these actions.",task:"The management key is not the one of the job that sealed the key, the text was changed, or that job has another version of these actions."},"other-run":{key:"Another run has sealed the key. Each run seals a key of its own.",task:"Another run has sealed the key. Each run ends its own key."},"other-version":{key:"Another version of these actions has sealed the key. Use one version in all jobs.",task:"Another version of these actions has sealed the key. Use one version in all jobs."}},sealedKeyMismatch=declareFailure("sealed-key-mismatch",({problem,part})=>({title:"The sealed key cannot be opened",lines:[REASONS[problem][part],...part==="task"?[END_NOW]:[]]})),sealedKeyEnded=declareFailure("sealed-key-ended",()=>({title:"The sealed API key does not work any more",lines:["If this run was repeated in part, its key is that of an earlier attempt: choose Re-run all jobs.","If the key has expired, set a longer expires-in where it is created.","Otherwise, a newer run has replaced it, or the pull request was closed."]})),JWE_KEY_BYTES=32,ALGORITHM="aes-256-gcm",IV_BYTES=12,TAG_BYTES=16,ENCRYPTION={alg:"dir",enc:"A256GCM"},header=(shape={alg:literal(ENCRYPTION.alg),enc:literal(ENCRYPTION.enc),kid:schemas_string()},new ZodMiniObject({type:"object",shape,catchall:never(),...normalizeParams(void 0)}))
var shape
function encryptJwe({text,id},{key,iv}){const protectedHeader=Buffer.from(JSON.stringify({...ENCRYPTION,kid:id})).toString("base64url"),cipher=(0,external_node_crypto_namespaceObject.createCipheriv)(ALGORITHM,key,iv,{authTagLength:TAG_BYTES})
cipher.setAAD(Buffer.from(protectedHeader))
return[protectedHeader,"",...[iv,Buffer.concat([cipher.update(text),cipher.final()]),cipher.getAuthTag()].map(bytes=>bytes.toString("base64url"))].join(".")}function decryptJwe(jwe,key){const[protectedHeader="",encryptedKey,...rest]=jwe.split("."),id=idOf(protectedHeader)
if(id===void 0||encryptedKey!==""||rest.length!==3)return
const[iv,ciphertext,tag]=rest.map(fromBase64Url)
if(iv.length!==IV_BYTES||tag.length!==TAG_BYTES)return
const decipher=(0,external_node_crypto_namespaceObject.createDecipheriv)(ALGORITHM,key,iv,{authTagLength:TAG_BYTES})
decipher.setAAD(Buffer.from(protectedHeader))
decipher.setAuthTag(tag)
const text=decipher.update(ciphertext,void 0,"utf8")
return isAuthentic(decipher)?{text,id}:void 0}function idOfJwe(jwe){const[protectedHeader=""]=jwe.split(".")
return idOf(protectedHeader)}function idOf(protectedHeader){const json=parseJson(fromBase64Url(protectedHeader).toString())
return safeParse(header,json).data?.kid}function isAuthentic(decipher){try{decipher.final()
return!0}catch{return!1}}function fromBase64Url(text){const bytes=Buffer.from(text,"base64url")
return bytes.toString("base64url")===text?bytes:Buffer.alloc(0)}const VERSION=1,INFO="openrouter-workspace end-key v1",sealed_key_IV_BYTES=12,ID_BYTES=16,SEPARATOR="~",part={version:literal(VERSION),run:schemas_string(),id:schemas_string()},keyPart=object({...part,key:bearerToken}),taskPart=task=>object({...part,task})
function sealKey({key,task,run},{seal,managementKey,randomBytes}){const id=randomBytes(ID_BYTES).toString("hex"),encrypt=(content,encryptionKey)=>encryptJwe({text:toJson({version:VERSION,run,id,...content}),id},{key:encryptionKey,iv:randomBytes(sealed_key_IV_BYTES)})
return[encrypt({key},seal),encrypt({task},taskKeyOf(managementKey))].join(SEPARATOR)}function openKey(sealed,{seal,...options}){return sealed_key_open(sealed,{...options,at:0,key:seal,schema:keyPart})}function openTask(sealed,{managementKey,task,...options}){return sealed_key_open(sealed,{...options,at:1,key:taskKeyOf(managementKey),schema:taskPart(task)})}function sealed_key_open(sealed,{at,key,run,schema}){const parts=sealed.split(SEPARATOR),plain=parts.length===2?decryptJwe(String(parts[at]),key):void 0
if(!plain||parts.some(jwe=>idOfJwe(jwe)!==plain.id))return"not-opened"
const{data}=safeParse(schema,parseJson(plain.text))
return data?data.id!==plain.id?"not-opened":data.run===run?data:"other-run":"other-version"}function taskKeyOf(managementKey){return Buffer.from((0,external_node_crypto_namespaceObject.hkdfSync)("sha256",managementKey,"",INFO,JWE_KEY_BYTES))}const NO_KEY="none"
function outputKey(secret,end,{seal,managementKey,workflowRun},report){if(!seal){report.outputSecret("key",secret)
return}const{id:run,attempt}=workflowRun,sealed=sealKey({key:secret,task:{...end,attempt},run},{seal,managementKey,randomBytes:external_node_crypto_namespaceObject.randomBytes})
report.output({"sealed-key":sealed})}const MESSAGE=`must be ${JWE_KEY_BYTES} random bytes in Base64, such as the output of: openssl rand -base64 32`,EMPTY=`${MESSAGE}. A secret that does not exist is empty`,NONE="none",sealOrNone=()=>pipe(schemas_string({error:EMPTY}),transform((text,context)=>text===NONE?void 0:toBytes(text,context)))
function hasSealedKey(){const text=getInput("sealed-key")
if(text==="")throw new Failure(sealedKeyEmpty,{})
return text!==NO_KEY}function readWorkflowRun(){const{GITHUB_RUN_ID:id="",GITHUB_RUN_ATTEMPT:attempt=""}=process.env
return{id,attempt}}function toBytes(text,context){const bytes=Buffer.from(text,"base64")
return bytes.length===JWE_KEY_BYTES&&bytes.toString("base64")===text?bytes:reject(context,text,MESSAGE)}function planExpiry(expiresInMs,now){return expiresInMs===null?null:new Date(Math.floor(now/1e3)*1e3+expiresInMs).toISOString()}function describeExpiry(expiresAt,show=time=>time){return expiresAt===null?"never expires":`expires at ${show(expiresAt)}`}function describeLife(expiresAt){return`may work until ${expiresAt===null?"someone deletes it":formatExpiry(expiresAt)}`}function formatExpiry(expiresAt,created){const time=readTime(expiresAt)
return time===void 0?expiresAt:formatMinute(time,{withYear:created===void 0||!isSameYear(created,time)})}const expiry_TOLERANCE_MS=6e4
function unexpectedLifetime(key,desired,expiresInMs){const[created,expires]=[createdAt(key),readTime(key.expires_at??desired.expires_at)]
if(expiresInMs===null||created===void 0||expires===void 0)return
const lifetime=expires-created
return lifetime>0&&lifetime<=expiresInMs+expiry_TOLERANCE_MS?void 0:{field:"lifetime",from:formatAge(expiresInMs),to:formatAge(lifetime)}}function expiryOf({expires_at:returned},desired){return returned===void 0?desired.expires_at:returned===null?null:String(returned)}function formatSpend({spent,byok,limit,isSoFar},where){const at=where?` ${where}`:"",amount=`${amountOf(spent,limit)}${at}${isSoFar?" so far":""}`,ownKeys=describeByok(byok,spent)
return[isUncounted(spent)?`Spending${at} not yet counted`:`Spent ${amount}`,ownKeys&&`, and ${ownKeys} with your own provider keys`].join("")}function amountOf(spent,limit){return limit?limit.reset?`${formatSpent(spent)} in total`:`${formatSpent(spent,(...one)=>formatUsdNextTo(limit.amount,...one))} of ${formatExactUsd(limit.amount)}`:formatSpent(spent)}function describeByok(byok,{isExact}){return byok===void 0?"an unknown amount":byok>0n?formatSpent({amount:byok,isExact}):""}const unexpectedKey=declareFailure("unexpected-key",({key,workspace,name,isOwn})=>({title:"OpenRouter returned another API key",lines:[`Requested: a new key named ${JSON.stringify(name)} in the workspace ${workspace.id}.`,`Returned: ${describeKey(key)}, hash ${key.hash}, in the workspace ${key.workspace_id}.`],effect:isOwn?["The post step, if it runs, ends it: OpenRouter shortened the name, which must be shorter."]:["This step neither outputs nor revokes it, because it may be another job's key.","Report this to OpenRouter, and check the workspace for a key that no one uses."]})),keyLooser=declareFailure("key-looser",({key,changes,deleted,error})=>({title:`The API key ${describeKey(key)} is not limited as requested`,lines:["OpenRouter created it with other values than requested:",...changes.map(formatChange)],effect:[...deleted?["It was revoked. No other step has its secret."]:describeUndeleted(error),"Run this again. If it fails again, contact OpenRouter's support."]}))
function describeUndeleted(error){return[error?`Could not revoke it: ${formatAttempt(error.details)}`:"OpenRouter reports that it does not exist.","The post step, if it runs, tries again. No other step has its secret."]}const keyStricter=declareWarning("key-stricter",({key,changes})=>({title:`The API key ${describeKey(key)} has other values than requested`,lines:["OpenRouter returned other values:",...changes.map(formatChange)]})),orphanNotDeleted=declareFailure("orphan-not-deleted",({key,error})=>({...describePart(error),title:`Could not delete the API key ${describeKey(key)}: ${describeCause(error.details)}`,effect:[`Orphaned: the API key ${describeKey(key)}, hash ${key.hash}. This step created it, but its secret was lost with the response.`]})),replacedKeysNotDeleted=declareFailure("replaced-keys-not-deleted",({key,undeleted,count})=>{const[{error}]=undeleted,what=count===1?"the replaced API key":`${undeleted.length} of ${count} replaced API keys`
return{...describePart(error),title:`Could not delete ${what}: ${describeCause(error.details)}`,effect:[`The new API key exists, and the outputs are set: ${describeKey(key)}.`,...truncateList(undeleted.map(({key:old})=>`Not deleted, or unknown: ${describeKey(old)}.`)),"What was not deleted can still work, until a later run deletes it."]}}),createdKeyMissing=declareFailure("created-key-missing",({key})=>describeVanished(`API key ${describeKey(key)}`,`hash ${key.hash}`)),keyReplaced=declareFailure("key-replaced",({key,expiredAt,olderEnded})=>({title:`The API key ${describeKey(key)} does not work any more`,lines:expiredAt?[`It expired at ${formatExpiry(expiredAt)}.`,"Set expires-in to a longer lifetime, and start a new run."]:["Another job has replaced it, or someone has disabled or deleted it.","What was deployed with this key has no key that works. To recover, repeat the newest run that deploys there, even if it is green.","Then give the jobs that replace each other's keys one concurrency group, with cancel-in-progress: false.","If that job deploys something else, as a second call of one reusable workflow does, give each key a name of its own: key-name of preview, or name of key."],effect:[`The key, hash ${key.hash}, ${expiredAt?"has expired":"is disabled or deleted"}.`,olderEnded?"The older keys that it replaces are disabled or deleted.":"This step has not changed older keys."]})),jobStatusUnknown=declareWarning("job-status-unknown",({text,engine})=>({title:"Whether the job succeeded is unknown",lines:[`The input job-status is ${JSON.stringify(text)}. ${adviseOnStatus(engine)}`,"The new API key and the older ones stay as they are.","In a preview, the limits of all of them count towards preview-limit-usd."]}))
function adviseOnStatus(engine){switch(engine){case"GitHub":return"Leave it out: its default is the status of the job."
case"Forgejo":return"No value helps, because Forgejo reports a cancelled job as a success: delete or disable older API keys yourself."
default:return`For ${engine}, write job-status: \${{ job.status }}, because the default counts on GitHub only.`}}const keyLimitUsedUp=declareWarning("key-limit-used-up",({spend})=>({title:`${formatSpend(spend,"at OpenRouter")}: the limit of the API key is used up`,rows:[`The API key is ${JSON.stringify(spend.name)}.`],lines:["OpenRouter rejects requests beyond the limit with HTTP 403 or 402, so requests with this key may have failed.","If more is needed, raise limit-usd.",...whyAtLeast(spend.spent),...spend.limit.reset||spend.byok!==0n?[`${describeLimit(spend.limit)}.`]:[]],folded:[{title:"Name of the API key",paragraphs:[{code:spend.name}]}]}))
function describeKeysLeft({created,afterJob,isDisabled,...task}){const lost=describeOrphan(task)
if(!created||afterJob!=="ends")return lost
const{name,label,hash,expiresAt}=created,state=isDisabled?"disabled":describeLife(expiresAt)
return[lost,`the API key ${JSON.stringify(name)} (${label}), hash ${hash}, ${state}`].filter(Boolean).join("; ")}function describeOrphan({desired:{name,expires_at},mayHaveOrphans}){return mayHaveOrphans?`an API key named ${JSON.stringify(name)} whose secret was lost, ${describeExpiry(expires_at,formatExpiry)}`:""}function adviseOnKeyLeft(left,verb){const{workspace,desired,created,isDisabled}=left
if(!created)return
const orphan=describeOrphan(left)
return{lines:[isDisabled?"The API key is disabled.":describeRest(desired,created.expiresAt),`To ${isDisabled?"remove":"end"} it now, ${verb} it at OpenRouter: ${dashboardUrl(workspace.slug)}`,...orphan===""?[]:[formatLeftovers(orphan)]],details:[`Hash of the API key ${created.label}: ${created.hash}`]}}function describeRest({limit,limit_reset:reset},expiresAt){return`The API key may still work, and can ${limit===void 0?"spend without a limit of its own":`spend at most ${formatExactUsd(limit)}${reset===void 0?"":` ${reset}`} at OpenRouter`}${expiresAt===null?". It never expires.":` until ${formatExpiry(expiresAt)}; then it expires.`}`}async function deleteOrphans({workspace,desired:{name},created},context){const{keys}=await listKeys(context,workspace),orphans=keys.filter(key=>key.name===name&&key.hash!==created?.hash),deleted=[],[failed]=await deleteEach(orphans,context,key=>{deleted.push(key.hash)
context.log.info(`Deleted the orphaned API key ${describeKey(key)}: no one has its secret.`)})
if(failed)throw new Failure(orphanNotDeleted,failed)
return deleted}async function deleteLateOrphans(own,context){if(!own.mayHaveOrphans)return
const deletion=deleteOrphans({...own,created:own.key},context),{error}=await catching(deletion,ApiError)
error&&context.log.info(`${error.message}. It is looked for again when the key ends.`)}async function deleteAllOrphans(task,context){if(!task.mayHaveOrphans)return
let isFound=!1
for(const delay of LATE_POST_DELAYS_MS){await context.client.pause(delay)
const deleted=await deleteOrphans(task,context)
isFound||=deleted.length>0}if(isFound)return
const{desired:{name,expires_at},workspace}=task
context.log.info(`Found no API key whose secret was lost. A late request may still create ${JSON.stringify(name)} in the workspace "${workspace.slug}". That key ${describeExpiry(expires_at)}, unless someone deletes it.`)}function mayHaveOrphans(attempts){const deleted=new Set(attempts.flatMap(({found=[]})=>found))
return countAmbiguous(attempts)>deleted.size}function reconcileKey(attempts){const{failure,found}=attempts.at(-1),{retryable,ambiguous}=FAILURE_CLASSES[failure.kind]
return ambiguous&&failure.kind!=="aborted"&&!found?{kind:"check",ambiguous:!0}:{kind:retryable?"retry":"give-up",ambiguous:mayHaveOrphans(attempts)}}const MAX_WORKFLOW_LENGTH=40,WORKFLOWS=".github/workflows/"
function workflowOf({GITHUB_WORKFLOW:name=""}){return name.startsWith(WORKFLOWS)?name.slice(WORKFLOWS.length):name}function shortenWorkflow(name){const start=[...name].slice(0,MAX_WORKFLOW_LENGTH).join("")
return start!==name?`${start.replace(/( \/)? [^ ]*$/,"")}\u2026`:name.endsWith(" /")?name.slice(0,-2):name}function jobKeyName(env,{job=env.GITHUB_JOB,entry}={}){const run=[env.GITHUB_RUN_ID,env.GITHUB_RUN_ATTEMPT].filter(Boolean).join("."),named=(entry?`${job} (${entry})`:job??"").replaceAll(" / ","/")
return[env.GITHUB_REPOSITORY,shortenWorkflow(workflowOf(env)),run,named].filter(Boolean).join(" / ")}function subjectEnd(subject){return cutName(subject.kind==="pull"?`#${subject.number}`:`: ${subject.name}`)}function deployedKeyName(subject,repository,job){return`${repository}${subjectEnd(subject)} / ${job}`}const ENDING_COUNT=36**6
function uniqueKeyName(name,random){return`${name} #${Math.floor(random*ENDING_COUNT).toString(36).padStart(6,"0")}`}const UNUSED=" unused"
function unusedKeyName(name){return name+UNUSED}function withoutEnding(name){return name.replace(/ #[\da-z]{6}(?: unused)?$/,"")}function isSameKeyName(one,other){return withoutEnding(one)===withoutEnding(other)}const NAME=/^(?<repository>[\w.-]+\/[\w.-]+)(?<end>(?<sign> \/ |#|: )(?<rest>.*))$/s
function readKeyName(name){const{repository="",sign,rest=""}=NAME.exec(withoutEnding(name))?.groups??{}
if(sign===void 0)return{kind:"other"}
const parts=rest.split(" / ")
if(sign!==" / ")return{kind:"deployment",repository,job:parts.slice(1).join(" / ")}
const at=[-2,-1].find(place=>/^\d{1,15}\.\d{1,5}$/.test(parts.at(place)??""))
return at===void 0?{kind:"job",repository,run:void 0,job:""}:{kind:"job",repository,run:parts.at(at),job:parts.toSpliced(at,1).join(" / ")}}function isSamePreviewKeyName(one,other){const[a,b]=[one,other].map(withoutEnding).map(name=>NAME.exec(name)?.groups?.end??name)
return a===b}const MAX_REPLACED=250
function hashesToReplace(older,now,{log}){const rank=key=>keyState(key,now)==="works"?0:1
older.length>MAX_REPLACED&&log.info(`${older.length} keys have that name. This job replaces ${MAX_REPLACED} of them if it succeeds, and later jobs the others.`)
return older.toSorted((a,b)=>rank(a)-rank(b)).slice(0,MAX_REPLACED).map(({hash})=>hash)}async function replaceOlderKeys({jobStatus,...replacement},context,endOlder){const{key,replaced}=replacement
if(jobStatus.succeeded===!1){context.log.info("The job has not succeeded: older keys stay.")
return{reading:await readIfPossible(key,context)}}const before=await checkWorks(key,{olderEnded:!1},context)
if(before.error||!isKnown(jobStatus,context)||replaced.length===0)return before
const{value:older,error}=await catching(findOlder(replacement,context),ApiError)
if(error)return{...before,error}
const end=older.length>0?await endOlder(older):{}
if(end.error)return{...before,...end}
const after=await checkWorks(key,{olderEnded:older.length>0},context)
return{...end,...after,reading:after.reading.found?after.reading:before.reading}}function isKnown(jobStatus,{warn}){jobStatus.succeeded===void 0&&warn(jobStatusUnknown,jobStatus)
return jobStatus.succeeded!==void 0}async function readIfPossible(key,context){const{value:reading,error}=await catching(readOwn(key,context),ApiError)
return reading??{error}}async function findOlder({key,workspace,replaced,isSameName=isSameKeyName},context){return seenIn(await listKeys(context,workspace)).filter(({key:{hash,name}})=>replaced.includes(hash)&&isSameName(name,key.name))}async function checkWorks(key,{olderEnded},context){const{value:reading,error}=await catching(readOwn(key,context),ApiError)
if(error)return{reading:{error},error}
const{found,now}=reading,state=found?keyState(found,now):"missing"
if(state==="works")return{reading}
const expiredAt=state==="expired"?String(found?.expires_at):void 0
return{reading,error:new Failure(keyReplaced,{key,expiredAt,olderEnded})}}async function readOwn(key,context){const request={...keyRequest(key.hash,describeKey(key)),trusts404:!0}
return await untilFound(context,async()=>{const{key:found,serverTime:server}=await requestKey(context,request)
if(found)return{found,now:currentTime({server,runner:context.timeOfDay()},[found])}})??{}}async function deleteOlderKeys(older,key,context){const deleted=[],undeleted=await deleteEach(older,context,old=>{deleted.push(old)
context.log.info(`Deleted the API key ${describeKey(old)}, which the new one replaces.`)})
return undeleted.length===0?{deleted}:{deleted,error:new Failure(replacedKeysNotDeleted,{key,undeleted,count:older.length})}}const WITHIN_MS=5e3
async function readOnce(created,{afterJob},{client,counters}){const reader={client:client.within(Math.min(WITHIN_MS,client.timeLeft()/4)),counters},request={...keyRequest(created.hash,describeKey(created)),isOptional:!0},{value,error}=await catching(afterJob==="ends"?disableKey(reader,created,{isOptional:!0,trusts404:!0}):requestKey(reader,request),ApiError)
return error?{error}:{found:value.key,now:value.serverTime}}function keySpendIn({found,now,error},created,{counters,log}){const one=found&&toSeen(counters.see(found),now),spent=one&&spentOf(one)
if(!spent){const reason=one?"OpenRouter does not report it":whyUnread(error)
log.info(`What the API key ${describeKey(created)} has spent is unknown: ${reason}.`)
return}const limit=limitOf(one.key)
return{name:created.name,hash:created.hash,spent,byok:one.key.byok_usage,limit,isUsedUp:limit!==void 0&&isLimitUsedUp(limit,spent.amount),isSoFar:isWorking(one)}}function whyUnread(error){return error?formatAttempt(error.details):"OpenRouter does not find the key (HTTP 404)"}async function runKeyTask(task,jobStatus,context){const{workspace,created,afterJob,replaced}=task,replaces=afterJob==="replaces",reading=created&&!replaces?await readOnce(created,task,context):void 0,[deletion,orphanDeletion]=await Promise.all([catching(end_key_deleteCreated(task,context),ApiError,Failure),catching(deleteAllOrphans(task,context),ApiError,Failure)]),replacement=created&&replaces?await replaceKeys({key:created,workspace,replaced,jobStatus},context):void 0,last=replacement?.reading??reading,end={spend:created&&last&&keySpendIn(last,created,context),replaced:replacement?.deleted??[]},error=deletion.error??replacement?.error??orphanDeletion.error
if(!error)return{...end,incomplete:void 0}
const left={...task,afterJob:deletion.error||replacement?.error?afterJob:"stays",isDisabled:afterJob==="ends"&&reading?.found!==void 0,mayHaveOrphans:orphanDeletion.error!==void 0},advice=deletion.error&&adviseOnKeyLeft(left,"delete")
return{...end,incomplete:{error,left,advice}}}async function end_key_deleteCreated({created:key,afterJob},context){if(key&&afterJob==="ends"){for await(const _ of whileMissing(context)){const deletion=await deleteKey(context,key)
if(deletion.kind==="unclear")throw deletion.error
if(deletion.kind!=="missing"){context.log.info(`Revoked the API key ${describeKey(key)}, hash ${key.hash}.`)
return}}throw new Failure(createdKeyMissing,{key})}}function replaceKeys(replacement,context){return replaceOlderKeys(replacement,context,async older=>{const keys=older.map(one=>one.key),{deleted,error}=await deleteOlderKeys(keys,replacement.key,context)
return{deleted:older.filter(one=>deleted.includes(one.key)).map(one=>({...one,key:context.counters.see(one.key)})),error}})}function keyOutputs({key,workspace,expiresAt}){return{name:key.name,hash:key.hash,label:key.label,"expires-at":expiresAt??"","workspace-id":workspace.id,"workspace-slug":workspace.slug}}function keySummary({key,workspace,expiresAt},request){return{title:`\u2705 Created an OpenRouter API key ${describeKeyLimit(request)}`,table:{header:["Field","Value"],rows:[["Workspace",{text:workspace.slug,url:dashboardUrl(workspace.slug)}],["Expires",expiresAt===null?"never":unbroken(formatExpiry(expiresAt,createdAt(key)))],lifeOf(request)]},folded:[report_nameOf(key)]}}function lifeOf({endsAfterJob,isSealed}){return isSealed?["When the jobs that use it end",endsAfterJob?"end-key revokes it":"it stays"]:["When the job ends",endsAfterJob?"it is revoked":"it stays"]}function report_nameOf({name,label}){return{title:"Name of the API key",paragraphs:[{code:name},["Label: ",{code:label}]]}}function describeKeyLimit({desired}){const{limit,limit_reset:reset}=desired
return limit===void 0?"without a limit":`with ${formatExactUsd(limit)}${reset===void 0?"":` ${reset}`}`}function replacedSummary(deleted){return{title:`\u2705 Deleted ${countOf(deleted.length,"OpenRouter API key")} that the new one replaces`,table:keysTable(deleted,"Total"),notes:whyAtLeast(spentBy(deleted))}}function reportSpend(spend,{info,summarize,warn}){const{name,hash,spent,limit,isUsedUp}=spend,howToRead=`To read the amount then, run the action usage with key-hash ${hash} and without workspace.`,details=[...limit?.reset?[`${describeLimit(limit)}.`]:[],...whyAtLeast(spent).map(why=>`${why} ${howToRead}`)]
info(`${formatSpend(spend)} (API key ${JSON.stringify(name)}).`)
details.forEach(info)
limit&&isUsedUp?warn(keyLimitUsedUp,{spend:{...spend,limit}}):summarize({title:`\u{1f4b5} ${formatSpend(spend,"at OpenRouter")}`,paragraphs:[...spend.isSoFar?[]:["The API key does not work any more."],...details],folded:[{title:"Name of the API key",paragraphs:[{code:name}]}]})}async function endAndReport({task,jobStatus},context,report){const{spend,replaced,incomplete}=await runKeyTask(task,jobStatus,context)
replaced.length>0&&report.summarize(replacedSummary(replaced))
spend&&reportSpend(spend,report)
return incomplete}function isUnused(key){return isDisabled(key)&&/ #[\da-z]{6} unused$/.test(key.name)}function capUseOf(one,cap){const{key}=one,counters=[key.usage,cap.withByok?key.byok_usage:0n],spent=sumUsd(counters.map(counter=>counter??0n))
if(counters.some(counter=>counter===void 0||counter<0n))return{...one,spent,counted:cap.amount,problem:"unread"}
if(settlesIn(one)===0||isUnused(key))return{...one,spent,counted:spent}
const{limit}=key,problem=cap_problemOf(key,cap.withByok)
if(typeof limit=="bigint"&&(limit>0n||isWorking(one))&&!problem)return{...one,spent,counted:maxUsd(limit,spent)}
const counted=maxUsd(cap.amount,spent)
return isWorking(one)?{...one,spent,counted,problem}:{...one,spent,counted}}function cap_problemOf(key,withByok){return key.limit===null?"unlimited":key.limit===void 0?"unread":(key.limit_reset??null)!==null?"resets":withByok&&key.include_byok_in_limit!==!0?"without-byok":void 0}function fits(others,{amount,limit}){return sumUsd(others.map(({counted})=>counted))+limit<=amount}function isSpent(uses,cap){return!fits(uses.map(use=>({...use,counted:use.spent})),cap)}function roomIn(others,cap){if(fits(others.map(use=>isWorking(use)?use:{...use,counted:use.spent}),cap))return Math.min(...others.flatMap(use=>settlesIn(use)||[]))}function decide(uses,{hash,cap,isPatient}){const own=uses.find(({key})=>key.hash===hash)
if(!own)return"absent"
const limit=maxUsd(own.counted,cap.limit),others=uses.filter(other=>other!==own)
if(fits(others,{...cap,limit}))return"give-out"
const before=others.filter(({key})=>isBefore(key,own.key))
return isPatient&&fits(before,{...cap,limit})?"wait":"give-way"}function isBefore(key,other){const difference=(createdAt(key)??0)-(createdAt(other)??0)
return difference===0?key.hash<other.hash:difference<0}const noSubject=declareFailure("no-subject",({event})=>({title:"Cannot tell which pull request or branch this preview is of",lines:[`The event ${event||"(unknown)"} names none.`,"Set the input pull-request to the number of a pull request."]})),previewNotOurs=declareFailure("preview-not-ours",({workspace,description,expected})=>({title:`The workspace "${workspace.slug}" is not this preview`,lines:[`Its description is ${JSON.stringify(description)}. That of this preview is ${JSON.stringify(expected)}.`,"Set slug-prefix to a text that no other repository uses, or delete that workspace."],effect:[`The workspace, id ${workspace.id}, was left alone.`]})),previewNotEnded=declareFailure("preview-not-ended",({slug,errors,keysLeft})=>{const[first]=errors.flatMap(failedRequests),cause=first?describeCause(first.details):errors[0]?.message,parts=first?describeAll(errors.flatMap(failedRequests)):{lines:[],details:[]}
return{title:`Could not end the API keys of the closed preview "${slug}": ${cause}`,lines:[...describeLives(keysLeft),...canSpend(keysLeft)?[`To stop any spending now, disable the API keys: ${dashboardUrl(slug)}`]:[],...first?.details.kind==="rejected"?[...parts.lines,RETRY_AFTER]:retry(first)],details:parts.details,effect:[]}},({errors})=>errors.flatMap(failedRequests)),RETRY="Run this again; otherwise the next clean-up ends them.",RETRY_AFTER="Then run this again, or wait for the next clean-up."
function retry(error){const status=error?statusAdvice(error.details):[]
return status.length>0?[...status,"Otherwise, the next clean-up ends them."]:[RETRY]}function describeLives(keysLeft){const working=keysLeft?.filter(isWorking)??[],isDeployment=({key})=>readKeyName(key.name).kind==="deployment",sorted=[...working.filter(isDeployment),...working.filter(one=>!isDeployment(one))]
return[describeWorking(keysLeft),...truncateList(sorted.map(({key})=>`${describeKey(key)} ${describeLife(expiryIn(key))}.`),10)]}function expiryIn(key){const{expires_at:expiry}=key
return typeof expiry=="string"?expiry:null}const keyEndUnknown=declareWarning("key-end-unknown",({workspace:{name,slug},keys})=>({title:`OpenRouter does not report when ${countKeys(keys.length)} of the preview "${name}" ended`,lines:[...truncateList(keys.map(describeKey)),"A preview is deleted an hour after all its keys have ended, so this preview stays.",`If no one needs the bill, delete these keys: ${dashboardUrl(slug)}`]})),staleResponse=declareFailure("stale-response",({number})=>({title:`GitHub does not yet show the current state of pull request #${number}`,lines:["Its response is older than the event of this run. Run this again."]})),previewReopened=declareFailure("preview-reopened",({workspace:{name,id}})=>({title:`The pull request or branch of the preview "${name}" was reopened after its API keys were disabled`,lines:["Run the newest workflow runs of the pull request or branch again: each then gets a new API key."],effect:[`Its workspace has the id ${id}, and stays.`]})),previewLimitReached=declareFailure("preview-limit-reached",reached=>({title:`preview-limit-usd has no room for another API key: ${describeUse(reached)}`,lines:[...adviceOnCap(reached),"If this check is required, it stays red until then."],effect:["The job has no API key."],details:[`${countKeys(reached.uses.length)}; limit-usd is ${formatExactUsd(reached.cap.limit)}.`]}))
function describeUse({cap,uses}){const spent=sumUsd(uses.map(use=>use.spent))
return[`${formatUsdNextTo(cap.amount,spent)} of ${formatExactUsd(cap.amount)} spent`,...holdersOf(uses).map(({name,held})=>`${formatUsd(held)} held by ${name}`)].join(", ")}const HOLDERS=[{purpose:"job",name:"keys of jobs",advice:"Run this again once the runs of these keys have ended. If a run has ended and its key is still here, no job has ended the key: the job with end-key is missing or has failed, or a runner has died. Disable the key, and do not delete it: three minutes later, it counts with what it has spent:"},{purpose:"deployment",name:"the deployment",advice:"The key of a deployment counts with its whole limit until a newer one replaces it. If nothing uses a key, disable it, and do not delete it:"},{purpose:"other",name:"API keys made by hand",advice:"Disable those of the API keys made by hand that nothing uses. Three minutes later, each counts with what it has spent. Do not delete them, and do not change their limits:"},{purpose:"ended",name:"API keys that ended a moment ago",advice:"OpenRouter counts late what these keys have spent. Run this again in three minutes:"}]
function holdersOf(uses){return HOLDERS.flatMap(holder=>{const holding=uses.filter(use=>use.counted>use.spent&&purposeOf(use)===holder.purpose)
if(holding.length===0)return[]
const held=sumUsd(holding.map(({counted,spent})=>counted-spent))
return[{...holder,held,keys:holding.map(({key})=>describeKey(key))}]})}function purposeOf(use){return isWorking(use)?readKeyName(use.key.name).kind:"ended"}function adviceOnCap({cap,uses}){const holders=isSpent(uses,cap)?[]:holdersOf(uses)
return[...holders.flatMap(({advice,keys})=>[advice,...truncateList(keys)]),holders.length>0?"Or raise preview-limit-usd, and push.":"To go on, raise preview-limit-usd and push: running this again repeats the old value."]}const PROBLEMS={unlimited:"has no limit",resets:"has a limit that resets","without-byok":"has a limit without usage of your own provider keys",unread:"has a limit or counter that could not be read"},keyNotCapped=declareFailure("key-not-capped",({slug,keys})=>{const[first]=keys,what=first&&keys.length===1?`the API key ${JSON.stringify(first.key.name)} ${PROBLEMS[first.problem]}`:`${countKeys(keys.length)} cannot be counted`,known=keys.filter(({problem})=>problem!=="unread")
return{title:`preview-limit-usd cannot be guaranteed: ${what}`,lines:known.length>0?[`Disable ${known.length===1?"this key":"these keys"}: ${dashboardUrl(slug)}`,...truncateList(known.map(({key})=>describeKey(key))),"Three minutes later, what is disabled counts with what it has spent. A key that is deleted counts no longer, and one with a new limit counts too little.","Then run this again."]:["Run this again."],details:truncateList(keys.map(({key,problem})=>`The API key ${describeKey(key)} ${PROBLEMS[problem]}.`))}}),keyNotListed=declareFailure("key-not-listed",({key})=>({title:`OpenRouter does not list the new API key ${describeKey(key)}`,lines:["A job gets a key only once it is listed: otherwise, a close could miss it. Run this again."],effect:["The job has no API key. The post step, if it runs, disables the new one."]}))
function adviseOnDeployment({created,replaced}){if(!created)return
const{name,label,hash,expiresAt}=created,older=replaced.length>0?[`${countKeys(replaced.length)} of earlier deployments may work, too, each until it expires.`,"All of them count with their whole limits towards preview-limit-usd."]:[]
return{lines:[`The API key of this deployment ${describeLife(expiresAt)}: ${describeKey({name,label})}.`,...older,"Run this job again: if it succeeds, only the newest key works."],details:[`Hash of the API key ${label}: ${hash}`]}}async function completeRepository(client,{id,defaultBranch,...named}){if(id!==void 0&&defaultBranch!==void 0)return{...named,id,defaultBranch}
const{data}=await client.request({operation:`read the repository ${named.name}`,method:"GET",path:pathIn(named),schema:object({id:schemas_number(),default_branch:schemas_string()}),hint:"Check that github-token can read the repository."})
return{...named,id:id??data.id,defaultBranch:defaultBranch??data.default_branch}}function pathIn({name},...segments){return["/repos",...name.split("/").map(encodeURIComponent),...segments].join("/")}async function findBranch(client,repository,name){const request={...requestFor(repository,name),on404:()=>{}},{data}=await client.request({...request,trusts404:!0})
if(data)return data
await client.request(requestFor(repository,repository.defaultBranch))
return(await client.request(request)).data}function requestFor(repository,name){const path=repository.isGitea?["branches"]:["git","ref","heads"],parts=name.split("/").map(encodeURIComponent)
return{operation:`read the branch ${JSON.stringify(name)} of ${repository.name}`,method:"GET",path:pathIn(repository,...path,...parts),schema:repository.isGitea?branchOfGitea(name):reference(`refs/heads/${name}`),hint:"Check that the job has the permission contents: read."}}const reference=ref=>pipe(object({ref:schemas_enum([ref]),object:object({sha:schemas_string()})}),transform(({object})=>object)),branchOfGitea=name=>pipe(object({name:schemas_enum([name]),commit:object({id:schemas_string()})}),transform(({commit})=>({sha:commit.id}))),pull=()=>object({number:schemas_number(),state:schemas_enum(["open","closed"]),updated_at:schemas_string(),head:object({sha:schemas_string(),repo:nullable(object({id:schemas_number()}))})})
async function readPull(client,repository,number){const{data}=await client.request({operation:`read pull request #${number} of ${repository.name}`,method:"GET",path:pathIn(repository,"pulls",String(number)),schema:pull(),hint:"Check that the job has the permission pull-requests: read or write, and that the pull request exists.",findMismatch:found=>found.number===number?void 0:`the response is about #${found.number}`})
return data}function isOwnPull({head},{id}){return head.repo?.id===id}const STALE_DELAYS_MS=[0,1e3,2e3,4e3]
async function readSubject(subject,since,context,{wasOpen}={}){const state=await requestSubject(subject,since,context,{wasOpen})
context.onSubject?.(state)
return state}async function requestSubject(subject,since,{github,repository},{wasOpen}){if(subject.kind==="branch"){let branch
for(const delay of wasOpen===void 0?[0]:STALE_DELAYS_MS){await github.pause(delay)
branch=await findBranch(github,repository,subject.name)
if(branch!==void 0===wasOpen)break}return{isOpen:branch!==void 0,isOwn:!0,head:branch?.sha,since}}let missing
for(const delay of STALE_DELAYS_MS){await github.pause(delay)
const lookup=readPull(github,repository,subject.number),{value:pull,error}=await catching(lookup,ApiError)
missing=error
if(error&&since!==void 0&&error.details.status===404)continue
if(error)throw error
const updatedAt=Date.parse(pull.updated_at)
if(!(updatedAt>=(since??0)))continue
const isOwn=isOwnPull(pull,repository)
return{isOpen:pull.state==="open",isOwn,head:pull.head.sha,since:updatedAt}}throw missing??new Failure(staleResponse,{number:subject.number},"GitHub shows an older state of it")}const comment=()=>object({id:schemas_number(),body:schemas_string(),user:nullable(object({login:schemas_string()}))}),HINT="Check that the job has the permission pull-requests: write.",comments_PAGE_SIZE=30,MAX_PAGES=1e3,MAX_PAGE_BYTES=12582912
async function*listComments(client,repository,number){const operation=`list the comments of pull request #${number}`,path=pathIn(repository,"issues",String(number),"comments"),seen=new Set
for(let page=1;page<=MAX_PAGES;page+=1){const{data,link}=await client.request({operation,method:"GET",path:`${path}?per_page=${comments_PAGE_SIZE}&page=${page}`,schema:array(comment()),maxBytes:MAX_PAGE_BYTES,hint:HINT}),added=data.filter(({id})=>!seen.has(id))
for(const{id}of added)seen.add(id)
yield*added
if(!(link?.includes('rel="next"')??data.length>=comments_PAGE_SIZE)||added.length===0)return}throw toApiError([{server:"GitHub",operation,method:"GET",path,kind:"unexpected",reason:`the list has more than ${MAX_PAGES} pages`}],{ambiguous:!1})}function sendComment(client,repository,number,body){return client.send({operation:`comment on pull request #${number}`,mayLeaveBehind:"the comment",method:"POST",path:pathIn(repository,"issues",String(number),"comments"),body:{body},schema:comment(),hint:HINT})}async function updateComment(client,repository,{id,pull},body){const{data}=await client.request({operation:`update the comment on pull request #${pull}`,mayLeaveBehind:"the new text of the comment",method:"PATCH",path:pathIn(repository,"issues","comments",String(id)),body:{body},schema:comment(),trusts404:!0,hint:HINT})
return data}async function deleteComment(client,repository,{id,pull}){await client.request({operation:`delete a second comment on pull request #${pull}`,mayLeaveBehind:"the second comment",method:"DELETE",path:pathIn(repository,"issues","comments",String(id)),schema:unknown(),on404:()=>{},trusts404:!0,hint:HINT})}async function readLogin(client,{isGitea},jobLogin){return(isGitea?void 0:await readViewer(client))??await readUser(client)??jobLogin}const OPERATION="read whose token github-token is",NO_GRAPHQL=[404,405,501]
async function readViewer(client){const{value,error}=await catching(askGraphQl(client),ApiError)
if(error&&!NO_GRAPHQL.includes(error.details.status))throw error
return value}async function readUser(client){const{value,error}=await catching(client.request({operation:OPERATION,method:"GET",path:"/user",schema:owner()}),ApiError)
if(error&&error.details.status!==403)throw error
return value?.data.login}async function askGraphQl(client){const{data}=await client.request({operation:OPERATION,method:"POST",path:"/graphql",url:apiUrl=>new URL("graphql",apiUrl).href,body:{query:"{viewer{login}}"},schema:pipe(unknown(),transform(body=>safeParse(answer(),body).data?.data.viewer.login??"")),findMismatch:login=>login===""?"it does not say that":void 0,trusts404:!0,readOnly:!0})
return data}const answer=()=>object({data:object({viewer:owner()}),errors:optional(never())}),owner=()=>object({login:schemas_string()}),STATES=["so far","bill"],commentData=()=>object({workspace:schemas_string().check(refine(isUuid)),spent:usd,state:schemas_enum(STATES),isAtLeast:schemas_boolean(),cap:optional(usd)}),START="\x3c!-- openrouter-preview:v1 ",END=" --\x3e",comment_MAX_LENGTH=1e3
function formatMarker({workspace,spent,state,isAtLeast,cap}){return START+toJson({workspace,spent,state,isAtLeast,cap}).replace(/[<>@#\u007f-\uffff]/g,character=>`\\u${character.charCodeAt(0).toString(16).padStart(4,"0")}`)+END}function readComment(body){const end=body.indexOf(END)
if(!body.startsWith(START)||end<0||end>comment_MAX_LENGTH)return
const{data}=safeParse(commentData(),parseJson(body.slice(START.length,end)))
return data&&{...data,cap:data.cap}}function isBill({state}){return state==="bill"}const MAX_REPOSITORY=21
function identify(subject,repository,slugPrefix){const prefix=slugPrefix??`preview-${shorten(lastOf(repository.name),MAX_REPOSITORY)}-`,{name}=repository
return{slug:subject.kind==="pull"?`${prefix}${subject.number}`:slugFrom(subject.name,prefix),name:cutName(name+subjectEnd(subject)),description:markOf(subject,repository)}}function shorten(text,maxLength){const slug=toSlug(text)
return slug!==""&&slug.length<=maxLength?slug:withHash(text,maxLength)}function lastOf(name){return name.slice(name.lastIndexOf("/")+1)}function markOf(subject,{serverUrl,name,id}){return`${naming_START}${serverUrl}/${name}/${subject.kind==="pull"?`pull/${subject.number}`:`tree/${subject.name}`} (repository ${id})`}function describePreview({description}){return description.slice(0,description.lastIndexOf(" ("))}function linkTo(subject,{serverUrl,name}){if(subject.kind==="pull")return{text:`#${subject.number}`,url:`${serverUrl}/${name}/pull/${subject.number}`}
const path=subject.name.split("/").map(encodeURIComponent).join("/")
return{text:subject.name,url:`${serverUrl}/${name}/tree/${path}`}}const naming_START="Preview of ",REST=/^\/[^/\s]+\/[^/\s]+\/(?:pull\/(?<number>\d{1,15})|tree\/(?<branch>[^ ]+)) \(repository (?<id>\d{1,15})\)(?<locked>, locked)?$/,LOCKED=", locked"
function isInUse(workspace){return workspace!==void 0&&workspace.slug!==lockedSlug(workspace)}function lockOf(workspace){return{slug:lockedSlug(workspace),description:workspace.description+LOCKED}}function lockedSlug({id}){return`locked-${id.toLowerCase()}`}function readMark(description,repository){const start=naming_START+repository.serverUrl
if(typeof description!="string"||!description.startsWith(start))return
const{groups}=REST.exec(description.slice(start.length))??{}
if(!groups||Number(groups.id)!==repository.id)return
const{number,branch="",locked}=groups
return{subject:number===void 0?{kind:"branch",name:branch}:{kind:"pull",number:Number(number)},isLocked:locked!==void 0}}function isSame(a,b){return a.kind==="pull"?b.kind==="pull"&&a.number===b.number:b.kind==="branch"&&a.name===b.name}async function listOwn(place){const{github,repository,number,workspace,login}=place,own=[]
for await(const comment of listComments(github,repository,number)){const data=comment.user?.login===login?readComment(comment.body):void 0
data?.workspace===workspace&&own.push({comment,data})}return own.sort((a,b)=>a.comment.id-b.comment.id)}async function writeOwn({body,oldest,attempt,isLast},{github,repository,number}){if(oldest){const ref={...oldest.comment,pull:number},{error}=await catching(updateComment(github,repository,ref,body),ApiError)
if(error&&(error.details.status!==404||attempt>2))throw error
return!error}const outcome=await sendComment(github,repository,number,body)
if(outcome.kind==="succeeded")return!0
const{retryable,ambiguous}=FAILURE_CLASSES[outcome.kind],repeats=retryable&&!isLast,stop=repeats?await github.waitForRetry(outcome.failure,attempt):void 0
if(!repeats||stop)throw toApiError([outcome.failure],{ambiguous,...stop})
return!1}async function keepOnly(kept,all,{github,repository,number:pull,log}){for(const other of all.filter(one=>one!==kept)){const deletion=deleteComment(github,repository,{...other.comment,pull}),{error}=await catching(deletion,ApiError)
if(error&&concernsAll(error))throw error
error&&log.notice(`A second comment of the preview is left: ${error.message}.`)}}function concernsAll({details:{server,status,kind}}){return server==="GitHub"&&(status===void 0||kind==="throttled")}const MAX_UNFOLDED=5,MAX_ROWS=50,MAX_TITLE=200
function rowsOf(keys,{repository,redact}){const sorted=newestFirst(keys),named=sorted.map(one=>({...one,name:redact(one.key.name)})),names=named.map(({name})=>readKeyName(name)),options={repository,withYear:new Set(sorted.flatMap(({key})=>yearsOf(key))).size>1,formatLabel:labelFormat(names.flatMap(name=>name.kind==="other"?[]:name.job))},deployed=new Set
return named.map(({name,...one},at)=>{const{key}=one,parts=names[at]??{kind:"other"},isDeployment=parts.kind==="deployment"&&parts.job!=="",isReplaced=isDeployment&&deployed.has(parts.job)
isDeployment&&deployed.add(parts.job)
const spent=spentOf(one),use={...one,spent},details=isDeployment?deploymentState(use,{isReplaced}):creationOf(key,options),link=linkOf(name,parts,options)
return{title:details?[link,`, ${details}`]:[link],spent,limit:limitPart(use,{isOwnUse:parts.kind==="other"})}})}function newestFirst(keys){return keys.toSorted(({key:a},{key:b})=>(createdAt(b)??0)-(createdAt(a)??0)||(a.hash<b.hash?-1:1))}function yearsOf(key){const created=createdAt(key)
return created===void 0?[]:[yearOf(created)]}const render_keys_SEPARATOR=" / "
function render_keys_partsOf(label){const end=label.lastIndexOf(render_keys_SEPARATOR)
return end<0?{workflow:"",job:label}:{workflow:shortenWorkflow(label.slice(0,end))+render_keys_SEPARATOR,job:label.slice(end+render_keys_SEPARATOR.length)}}function labelFormat(labels){const workflows=new Set(labels.map(label=>render_keys_partsOf(label).workflow).filter(Boolean))
return label=>{const{workflow,job}=render_keys_partsOf(label)
return workflows.size>1?workflow+job:job}}const NO_LIMIT="\u2013"
function limitPart({key,state,spent},{isOwnUse}){if(key.limit===null)return isOwnUse&&state==="works"?"\u26a0\ufe0f no\xa0limit":NO_LIMIT
const limit=limitOf(key),used=limit?usedOf(limit,spent?.amount):void 0
if(!limit||used===void 0)return"unknown"
const{amount,reset}=limit,whole=`of\xa0${formatUsd(amount)}${reset?` ${reset}`:""}`
if(isLimitUsedUp(limit,spent?.amount))return`\u26a0\ufe0f\xa0all ${whole}`
if(!spent?.isExact)return whole
const percent=amount>0n?100n*used/amount:0n
return`${percent===0n&&used>0n?"<1":percent}\xa0% ${whole}`}function linkOf(name,parts,{repository,formatLabel}){const own=parts.kind!=="other"&&parts.repository===repository.name?parts:void 0,text=[...own?.job?formatLabel(own.job):name].slice(0,MAX_TITLE).join(""),run=own?.kind==="job"?own.run:void 0
return run?{text,url:runUrl(run,repository)}:{code:text}}function creationOf(key,{withYear}){const created=createdAt(key),isLong=expiresInOtherYear(key)||key.expires_at===null
return created?formatDayTime(created,{withYear:withYear||isLong}):""}function deploymentState({key,state,spent},{isReplaced}){if(state==="disabled")return isReplaced?"replaced":"disabled"
const expiry=readTime(key.expires_at),day=expiry&&formatDay(expiry,{withYear:expiresInOtherYear(key)})
if(state==="expired")return`expired\xa0${day}`
const limit=limitOf(key)
return limit&&isLimitUsedUp(limit,spent?.amount)?"used\xa0up":day?`works\xa0until\xa0${day}`:"works"}function expiresInOtherYear(key){const[created,expiry]=[createdAt(key),readTime(key.expires_at)]
return!(!created||!expiry||isSameYear(created,expiry))}function runUrl(run,{serverUrl,name,isGitea}){const[id,attempt]=run.split("."),url=`${serverUrl}/${name}/actions/runs/${id}`
return isGitea?url:`${url}/attempts/${attempt}`}function keyTables(rows){const hasLimits=rows.some(({limit})=>limit!==NO_LIMIT),earlier=rows.slice(MAX_UNFOLDED),format=spentFormat(rows.map(({spent})=>spent)),columnsOf=columns=>columns.slice(0,hasLimits?3:2),tableOf=shown=>({header:columnsOf(["Job (UTC)",{numbers:"Cost"},{numbers:"Of its limit"}]),rows:shown.map(({title,spent,limit})=>columnsOf([title,format(spent),limit]))}),sum=formatSpent(sumSpent(earlier.map(({spent})=>spent))),folded={title:`${countOf(earlier.length,"earlier key")}: ${sum}`,table:{...tableOf(rows.slice(MAX_UNFOLDED,MAX_ROWS)),more:Math.max(0,rows.length-MAX_ROWS)}}
return{table:rows.length>0?tableOf(rows.slice(0,MAX_UNFOLDED)):void 0,folded:earlier.length>0?[folded]:[]}}const render_comment_MAX_LENGTH=6e4
function renderComment(content,options){const{data,keys}=content,warning=warningOf(content),marker=`${formatMarker(data)}\n`,{table,folded}=keyTables(rowsOf(keys,options)),summary={title:`OpenRouter preview: ${warning.length>0?"\u26a0\ufe0f ":""}${describeSum(data)}`,paragraphs:[...warning,...doubtOf(content),overviewOf(content)],table,folded,notes:[notesOf(content,options)]},{redact}=options
return marker+summaryHtml(summary,{redact,maxBytes:render_comment_MAX_LENGTH-marker.length})}function describeSum({spent,state,isAtLeast,cap}){const isSoFar=state==="so far"
if(isSoFar&&spent===0n)return"nothing counted so far"
if(isAtLeast&&spent===0n)return"spending unknown, closed"
const rounding=isSoFar||isAtLeast?"down":"nearest"
return`${isAtLeast?"at least ":""}${cap===void 0?formatUsd(spent,rounding):`${formatUsdNextTo(cap,spent,rounding)} of ${formatExactUsd(cap)}`} spent${isSoFar?" so far":", closed"}`}function warningOf({data:{spent,cap,state},keys}){const limit=keys.map(({key})=>limitOf(key)?.amount??0n).reduce(maxUsd,0n)
return state!=="so far"||cap===void 0||spent+limit<=cap?[]:[`\u26a0\ufe0f preview-limit-usd is ${formatExactUsd(cap)}: new jobs may get no key, and fail. To go on, raise it and push.`]}function doubtOf({data,keys}){return data.isAtLeast?[WHY_AT_LEAST]:isBill(data)||keys.every(isCounted)?[]:[COUNTED_LATE]}const WHY_AT_LEAST="More may have been spent: an API key was deleted, OpenRouter did not report what one has spent, or a clean-up was interrupted."
function overviewOf({data,slug,keys}){const count=countOf(keys.length,"key")
return isBill(data)?`The workspace had ${count}.`:[{text:slug,url:dashboardUrl(slug)},` \xb7 ${count} so far`]}function notesOf({data},{aboutUrl}){return[isBill(data)?"This is the final bill. ":"In the night after this pull request is closed, this becomes the final bill. ",{text:"What is this?",url:aboutUrl}]}const ABOUT="previews.md#the-comment"
function commentRenderer({repository},{redact}){const options={repository,aboutUrl:documentUrl(ABOUT),redact}
return content=>renderComment(content,options)}function openComments({jobLogin,repository,render}){let login
return{failure:void 0,noticed:new Set,login(github){login??=readLogin(github,repository,jobLogin)
return login},render}}async function writeComment(request,context){const outcome=await write(request,context)
outcome.kind==="failed"&&noticeError(outcome.error,context)
return outcome}async function writeBill(bill,context){const outcome=await write(bill,context)
outcome.kind==="failed"&&outcome.error.details.kind==="rejected"&&noticeError(outcome.error,context)
return outcome}async function write(request,context){const{comments}=context,{subject}=request.workspace
if(!comments||subject.kind!=="pull")return{kind:"skipped"}
if(comments.failure)return{kind:"failed",error:comments.failure}
const{value,error}=await catching(writeUntilRight(request,{...context,comments,number:subject.number}),ApiError)
if(value)return value
concernsAll(error)&&(comments.failure=error)
return{kind:"failed",error}}const MAX_ROUNDS=8,LAG_MS=2e3
async function writeUntilRight(request,place){const{comments,log}=place,own={...place,workspace:request.workspace.id,login:await comments.login(place.github)}
let last,[{cap},hasWritten,hasAdded,hasPaused]=[request,!1,!1,!1]
for(let round=1;round<=MAX_ROUNDS;round+=1){const found=await listOwn(own),[oldest]=found
if(oldest&&isBill(oldest.data)&&isToStay(request)){await keepOnly(oldest,found,own)
return{kind:"written",data:oldest.data,keys:request.keys}}const keys=await keysOf(request,place)
if(!oldest&&(keys.length===0||request.addsNone))return{kind:"nothing"}
const data=dataOf(request,{keys,before:oldest?.data,cap})
last={kind:"written",data,keys}
const body=comments.render({data,slug:request.workspace.name,keys})
if(oldest?.comment.body===body){await keepOnly(oldest,found,own)
log.info(`The comment on #${place.number} says: ${describeSum(data)}.`)
return last}if(hasWritten||isSmaller(data,oldest?.data)&&!hasPaused){[hasWritten,hasPaused]=[!1,!0]
await place.github.pause(LAG_MS)
continue}if(hasAdded&&!oldest)return last
if(!await mayWrite(request,place))return{kind:"nothing"}
const isLast=round===MAX_ROUNDS
hasWritten=await writeOwn({body,oldest,attempt:round,isLast},own)
hasAdded||=hasWritten&&!oldest
cap=void 0}log.info(`The comment on #${place.number} keeps changing: the run that ends last writes it.`)
return last??{kind:"nothing"}}function isToStay(request){return"leavesBill"in request&&request.leavesBill}async function keysOf(request,place){return("keys"in request?request.keys:seenIn(await listKeys(place,request.workspace))).filter(({key})=>!isUnused(key)||key.usage!==0n)}async function mayWrite(request,{client}){if("keys"in request)return!0
const{workspace}=await findWorkspace(client,request.workspace.id)
return isInUse(workspace)}function isSmaller({spent},before){return before!==void 0&&spent<before.spent}function dataOf(request,{keys,before,cap}){const{amount:spent,isExact}=spentBy(keys),bill="keys"in request?request:void 0
return{workspace:request.workspace.id,spent,state:bill?"bill":"so far",isAtLeast:before!==void 0&&(before.isAtLeast||spent<before.spent)||bill!==void 0&&!(bill.isComplete&&isExact),cap:cap??before?.cap}}function noticeError(error,{comments,log}){const{kind,hint,server,operation,until="now"}=error.details,reason=server==="GitHub"&&kind==="throttled"?`could not ${operation}: GitHub limits the rate of requests ${until}. The next run writes the comment.`:`${error.message}.${hint!==void 0&&kind==="rejected"?` ${hint}`:""}`
if(!comments||comments.noticed.has(reason))return
comments.noticed.add(reason)
const line=`The comment of the preview may be out of date: ${reason}`
server==="OpenRouter"?log.info(line):log.notice(line)}function describePreviewLeft({key}){return key?describeKeysLeft(key):""}async function runPreviewTask(task,jobStatus,context){const{key,subject}=task,{value:endsOwn=!1,error:undecided}=await catching(endsWithJob(task,jobStatus,context),ApiError),ended=key&&await endKey(key,{endsOwn,undecided,jobStatus},context),orphans=key&&await catching(deleteAllOrphans(key,context),ApiError,Failure),workspace={...task.workspace,subject,name:task.workspace.slug}
await writeComment({workspace,cap:task.cap},context)
const spend=key?.created&&ended?.reading&&keySpendIn(ended.reading,key.created,context),error=ended?.error??orphans?.error
if(!key||!error)return{spend,incomplete:void 0}
const left={...task,key:{...key,created:ended?.error&&key.created,mayHaveOrphans:orphans?.error!==void 0}}
return ended?.error?{spend,incomplete:{error,left,advice:endsOwn?adviseOnKeyLeft(left.key,"disable"):adviseOnDeployment(key)}}:{spend,incomplete:{error,left}}}async function endsWithJob({key,...task},jobStatus,context){if(key?.afterJob!=="replaces")return!0
if(jobStatus.succeeded===void 0)return!1
if(jobStatus.succeeded)return isClosed(task,context)
if(!jobStatus.isRepeated||await hasWorking(key,context))return!0
context.log.notice("The job has not succeeded, but an earlier attempt may have deployed with its API key, and no older key works: the key stays.")
return!1}async function hasWorking({workspace,replaced},context){return seenIn(await listKeys(context,workspace)).some(one=>replaced.includes(one.key.hash)&&isWorking(one))}async function isClosed({subject,since},context){const{log}=context,lookup=readSubject(subject,since,context),{value:state,error}=await catching(lookup,ApiError,Failure)
error&&log.info(`${error.message}. If it is closed, the next clean-up ends the key.`)
state?.isOpen===!1&&log.info("The pull request or branch is closed: the key ends.")
return state?.isOpen===!1}async function endKey({workspace,created:key,afterJob,replaced},{endsOwn,undecided,jobStatus},context){if(!key)return{}
if(undecided)return{error:undecided}
if(endsOwn||afterJob!=="replaces"){const end=await catching(endOwn(key,workspace,context),ApiError,Failure)
return end.error?end:{reading:{found:end.value}}}return replaceOlderKeys({key,workspace,replaced,jobStatus,isSameName:isSamePreviewKeyName},context,older=>disableEach(older,context))}async function endOwn(key,workspace,context){const ended=await untilFound(context,async()=>{const{key:found}=await requestKey(context,keyRequest(key.hash,describeKey(key)))
return found&&!isDisabled(found)?disable(key,context):found})
if(ended)return ended
if((await findWorkspace(context.client,workspace.id)).workspace)throw new Failure(createdKeyMissing,{key})}async function disable(key,context){const{key:disabled}=await disableKey(context,key)
disabled&&context.log.info(`Disabled the API key ${describeKey(key)}, hash ${key.hash}. What it has spent can still be read.`)
return disabled}async function disableEach(keys,context){const working=keys.filter(isWorking),outcomes=await Promise.all(working.map(({key})=>catching(disable(key,context),ApiError)))
return{error:outcomes.find(({error})=>error)?.error}}const STATUS=/^(success|failure|cancelled)( \(default\))?$/
function jobStatusOf(text,engine){const[,status,marker]=STATUS.exec(text)??[]
return status===void 0||marker!==void 0&&engine!=="GitHub"||status==="success"&&engine==="Forgejo"?{succeeded:void 0,text,engine}:{succeeded:status==="success"}}const REPLACE=new Map([...BOOLEANS,["after-job","after-job"]]),keyName=()=>createKeyRequest.shape.name.check(refine(text=>text.search(LIKELY_SECRET)<0,"must not contain a key")),keyInputs=()=>{const{limit_reset,include_byok_in_limit}=createKeyRequest.shape
return object({management_key:connection.management_key,workspace:optional(idOrSlug()),...slugInputs(),name:optional(keyName()),limit_usd:optional(usdInput("must be an amount in USD, 0 or more")),limit_reset,include_byok_in_limit,expires_in:optional(lifetime()),revoke_after_job:fields_flag(!0),replace:schemas_default(pipe(schemas_enum([...REPLACE.keys()],"must be true, false or after-job"),transform(word=>REPLACE.get(word)??!1)),!1),seal:sealOrNone(),api_url:connection.api_url,timeout:connection.timeout,job_status:optional(schemas_string())})}
function keyProblems(valid,provided){const problems=slugProblems("workspace",valid,provided),{limit_reset:reset,replace=!1,revoke_after_job:revokes}=valid
reset===void 0||provided.has("limit_usd")||problems.push({input:"limit-reset",message:"needs limit-usd: without a limit, there is nothing to reset"})
replace===!1||provided.has("name")||problems.push({input:"replace",message:"needs name: a generated name is different each time"})
replace==="after-job"&&(revokes??!provided.has("revoke_after_job"))&&problems.push({input:"replace",message:"after-job needs revoke-after-job: false, or no key would be left after the job"})
replace!=="after-job"||provided.has("expires_in")||problems.push({input:"expires-in",message:"is required with replace: after-job, because the key outlives the job: a time such as 70d, or never"})
valid.seal&&replace===!0&&problems.push({input:"seal",message:"cannot be used with replace: true, which deletes the older keys before any job has the new one. Use replace: after-job"})
problems.push(...sealProblems(valid))
return problems}const SET_STATUS="Set job-status to the expression job.status, because its default counts on GitHub only",STATUS_REMEDIES={GitHub:"Leave job-status out",Forgejo:"On Forgejo, none does, because a cancelled job counts as a success: leave seal out",Gitea:SET_STATUS,act:SET_STATUS}
function sealProblems({seal,job_status=""}){if(!seal)return[]
const engine=engineOf(process.env),problems=[]
jobStatusOf(job_status,engine).succeeded===void 0&&problems.push({input:"seal",message:`needs a post step that knows whether its job has succeeded. ${STATUS_REMEDIES[engine]}`})
readWorkflowRun().id===""&&problems.push({input:"GITHUB_RUN_ID (environment variable)",message:"must be set, because a sealed key is that of one run"})
return problems}function readKeyInputs(log){const values=readInputs(keyInputs(),keyProblems)
return{...toConnection(values),workspace:values.workspace??makeSlug(values,log),desired:{name:values.name??jobKeyName(process.env),limit:values.limit_usd,limit_reset:values.limit_reset,include_byok_in_limit:values.include_byok_in_limit},expiresInMs:values.expires_in==="never"?null:values.expires_in??toMs("6h"),endsAfterJob:values.revoke_after_job,replace:values.replace,seal:values.seal,workflowRun:readWorkflowRun(),isSealed:values.seal!==void 0}}function readJobStatus(){return jobStatusOf(getInput("job-status"),engineOf(process.env))}const DEFAULT_LIMIT=toUsd(1),previewInputs=()=>{const{limit_reset,include_byok_in_limit}=createKeyRequest.shape,{name:_name,slug:_slug,description:_description,...fields}=createWorkspaceRequest.shape
return object({management_key:connection.management_key,github_token:schemas_default(schemas_string(),""),pull_request:optional(count("must be the number of a pull request")),slug_prefix:slugPrefix(),...fields,...governanceInputs,key:schemas_default(schemas_enum(["job","preview","none"],"must be job, preview or none"),"job"),key_name:optional(keyName().check(refine(text=>[...text].length<=100,"must be at most 100 characters"))),limit_usd:schemas_default(nullable(usdInput('must be an amount in USD, 0 or more, or "null"')),DEFAULT_LIMIT),limit_reset,include_byok_in_limit,preview_limit_usd:optional(usdInput("must be an amount in USD, above 0").check(refine(usd=>usd>0,"must be an amount in USD, above 0"))),expires_in:optional(lifetime()),seal:sealOrNone(),comment:fields_flag(!0),dry_run:fields_flag(),api_url:connection.api_url,timeout:timeout("2m"),job_status:optional(schemas_string())})}
function previewProblems(valid,provided){const problems=governanceProblems(valid,provided),{key}=valid
key==="none"&&valid.key_name!==void 0&&problems.push({input:"key-name",message:"needs an API key"})
valid.preview_limit_usd===void 0||key!=="none"&&valid.limit_usd!==null&&valid.limit_reset===void 0||problems.push({input:"preview-limit-usd",message:"needs an API key, limit-usd as an amount, and no limit-reset"})
problems.push(...inputs_limitProblems({isDeployed:key==="preview",limit:provided.has("limit_usd")?valid.limit_usd:DEFAULT_LIMIT,cap:valid.preview_limit_usd}))
valid.limit_usd===null&&valid.limit_reset!==void 0&&problems.push({input:"limit-reset",message:"needs limit-usd to be an amount"})
valid.seal&&key==="none"&&problems.push({input:"seal",message:"needs an API key: without one, there is nothing to seal"})
problems.push(...sealProblems(valid))
return problems}function inputs_limitProblems({isDeployed,limit=null,cap}){return limit===null||cap===void 0||limit*(isDeployed?2n:1n)<=cap?[]:[{input:"limit-usd",message:isDeployed?"must not be above half of preview-limit-usd with key: preview":"must not be above preview-limit-usd"}]}const LIFETIMES={job:"6h",preview:"30d",none:"6h"}
function readPreviewInputs(){const values=readInputs(previewInputs(),previewProblems),payload=readEvent(),run={event:process.env.GITHUB_EVENT_NAME??"",payload,pullRequest:values.pull_request},expiresIn=values.expires_in??toMs(LIFETIMES[values.key])
return{...toConnection(values),gitHub:readGitHub(values.github_token,payload),run,slugPrefix:values.slug_prefix,workspace:{fields:toFields(values),...toGovernance(values)},keyMode:values.key,key:{desired:{name:jobKeyName(process.env,values.seal?{job:values.key_name}:{entry:values.key_name}),limit:values.limit_usd??void 0,limit_reset:values.limit_reset,include_byok_in_limit:values.include_byok_in_limit},jobName:values.key_name??(env=process.env,[workflowOf(env),env.GITHUB_JOB].filter(Boolean).join(" / ")),expiresInMs:expiresIn==="never"?null:expiresIn},cap:values.preview_limit_usd,seal:values.seal,workflowRun:readWorkflowRun(),isSealed:values.seal!==void 0,comment:values.comment,dryRun:values.dry_run}
var env}function readEvent(){const path=process.env.GITHUB_EVENT_PATH
try{return path?parseJson((0,external_node_fs_namespaceObject.readFileSync)(path,"utf8")):void 0}catch{return}}const JOB_LOGINS={Forgejo:"forgejo-actions",Gitea:"gitea-actions"},runnerEvent=object({repository:object({id:optional(schemas_number()),default_branch:optional(schemas_string())})})
function readGitHub(token,payload){const{env}=process,apiUrl=env.GITHUB_API_URL||"https://api.github.com",url=toUrl(apiUrl)
if(!url||!isConfidential(url))throw new Failure(invalidInputs,{problems:[{input:"GITHUB_API_URL (environment variable)",message:"must be a URL that begins with https, because the token is sent there"}]})
const{repository}=safeParse(runnerEvent,payload).data??{},id=Number(env.GITHUB_REPOSITORY_ID||repository?.id),scheduled=env.GITHUB_EVENT_NAME==="schedule"?env.GITHUB_REF_NAME:void 0
return{apiUrl:apiUrl.replace(/\/$/,""),token,jobLogin:JOB_LOGINS[engineOf(env)]??"github-actions[bot]",repository:{name:env.GITHUB_REPOSITORY??"",id:Number.isSafeInteger(id)?id:void 0,serverUrl:env.GITHUB_SERVER_URL||"https://github.com",isGitea:isGitea(env),defaultBranch:repository?.default_branch||scheduled||void 0}}}const strangersEvent=object({repository:object({full_name:schemas_string(),fork:optional(schemas_boolean())}),pull_request:optional(object({head:object({repo:nullable(object({full_name:schemas_string()}))})}))})
function reasonForNoKey(){const{env}=process
if(getInput("management-key")!=="")return
if(env.GITHUB_ACTOR==="dependabot[bot]")return"Dependabot started this run"
const{data}=safeParse(strangersEvent,readEvent()),head=data?.pull_request?.head,isForeign=head&&head.repo?.full_name!==data?.repository.full_name
return data?.repository.fork?"this repository is a fork":isForeign?"this pull request comes from a fork":void 0}function readPostGitHub(){const{github_token}=previewInputs().shape
return readGitHub(readInputs(object({github_token})).github_token,readEvent())}async function end_and_report_endAndReport({task,jobStatus},context,step){const{report}=step,gitHub=readPostGitHub(),{spend,incomplete}=await runPreviewTask(task,jobStatus,{...context,github:startGitHub(gitHub,step),comments:task.comment?openComments({...gitHub,render:commentRenderer(gitHub,report)}):void 0,repository:{...gitHub.repository,...task.repository}})
spend&&reportSpend(spend,report)
return incomplete}const RESULTS=["success","failure","cancelled","skipped"],endKeyInputs=()=>object({management_key:connection.management_key,github_token:schemas_default(schemas_string(),""),sealed_key:schemas_string(),result:schemas_default(array(schemas_enum(RESULTS,"must be the result of a job: success, failure, cancelled or skipped")),[]),api_url:connection.api_url,timeout:connection.timeout})
function readEndKeyInputs(){const values=readInputs(endKeyInputs()),{sealed_key:sealedKey,result:results}=values
return{...toConnection(values),sealedKey,workflowRun:readWorkflowRun(),results}}const keyTask=()=>object({workspace:savedWorkspace(),desired:createKeyRequest,mayHaveOrphans:schemas_boolean(),created:optional(object({hash:keyHash,label:schemas_string(),name:schemas_string(),expiresAt:nullable(schemas_string())})),afterJob:schemas_enum(["ends","stays","replaces"]),replaced:array(keyHash),isSealed:optional(schemas_boolean())})
function unusedEnd({workspace:{id,slug},desired,mayHaveOrphans,key}){return{workspace:{id,slug},desired,mayHaveOrphans,created:key&&{hash:key.hash,label:key.label,name:desired.name,expiresAt:expiryOf(key,desired)},afterJob:"ends",replaced:[]}}function task_endOf(progress,afterJob){const{replaced}=progress
return{...unusedEnd(progress),afterJob,replaced}}function saveUnused(progress,{saveTask}){const exists=progress.key&&describeExisting(progress.key)
saveTask(unusedEnd(progress),{exists})}function saveEnded(progress,{saveTask}){saveTask(progress.mayHaveOrphans?unusedEnd({...progress,key:void 0}):null,{orWarn:!0})}function saveGivenOut(progress,{afterJob,isSealed},{saveTask}){const task=task_endOf(progress,afterJob),saved=isSealed?{...task,isSealed}:task;(isSealed||afterJob!=="ends")&&saveTask(saved,{exists:describeExisting(progress.key)})}const SEALED="The key is sealed. If this job succeeds, its end is up to end-key."
function leavesToEndKey({isSealed=!1},jobStatus,{log}){const leaves=isSealed&&jobStatus.succeeded===!0
leaves&&log.info("The API key is sealed for other jobs: its end is up to end-key.")
return leaves}function describeExisting(key){return`the API key ${describeKey(key)}, hash ${key.hash}, which the post step, if it runs, ends`}const branch=schemas_string().check(refine(name=>name.split("/").every(part=>!["",".",".."].includes(part)))),subject=object({kind:schemas_enum(["pull","branch"]),number:optional(_int(ZodMiniNumberFormat,void 0).check(_gt(0,void 0))),name:optional(branch)}).check(refine(({kind,number,name})=>(kind==="pull"?number:name)!==void 0)),previewTask=()=>object({subject,since:optional(schemas_number()),repository:object({id:schemas_number(),defaultBranch:branch}),workspace:savedWorkspace(),key:optional(keyTask()),comment:schemas_boolean(),cap:optional(usd)}),attempt=schemas_string(),sealedTask=()=>discriminatedUnion("action",[object({action:literal("key"),task:keyTask(),attempt}),object({action:literal("preview"),task:previewTask(),attempt})])
function main_endKey(){let advice,leftovers=""
return runStep({action:"end-key",endsJob:!0},async step=>{const{report}=step
if(!hasSealedKey()){report.info("There is no API key, and nothing is wrong: nothing to end.")
return}leftovers=SEALED_KEY
const inputs=readEndKeyInputs(),end=main_open(inputs),key=keyIn(end),jobStatus=statusFor(end,inputs)
leftovers=describeLeft(end)
const context=startContext(inputs,step,{wasAccepted:!0}),incomplete=await run({...end,jobStatus},context,step)
report.output({hash:key?.created?.hash??"",workspace:end.task.workspace.id})
if(!incomplete)return
const left={...end,task:incomplete.left}
if(!key?.created||!wasEndedBefore(incomplete.error,keyIn(left))){leftovers=describeLeft(left)
advice=incomplete.advice
throw incomplete.error}report.info(`The API key ${describeKey(key.created)} was ended before.`)},(report,error,effect)=>{report.fail(error,effect,{leftovers,advice})
return 1})}const SEALED_KEY="the sealed API key, which works until its expires-in, unless it was ended before"
function main_open({sealedKey,managementKey,workflowRun}){const opened=openTask(sealedKey,{managementKey,run:workflowRun.id,task:sealedTask()})
if(typeof opened!="string")return opened.task
throw new Failure(sealedKeyMismatch,{problem:opened,part:"task"})}function keyIn({action,task}){return action==="key"?task:task.key}function describeLeft({action,task}){return action==="key"?describeKeysLeft(task):describePreviewLeft(task)}function statusFor(end,{results,workflowRun}){const isReplacing=keyIn(end)?.afterJob==="replaces"
if(results.length===0&&isReplacing)throw new Failure(invalidInputs,{problems:[{input:"result",message:"is required, because this key replaces others once its job has succeeded: write needs.JOB.result of the job that used it"}]})
return{succeeded:results.every(result=>result==="success"),isRepeated:end.attempt!==workflowRun.attempt}}function wasEndedBefore(error,left){return error instanceof Failure&&error.is(createdKeyMissing)&&left?.mayHaveOrphans!==!0}function run(end,context,step){return end.action==="key"?endAndReport(end,context,step.report):end_and_report_endAndReport(end,context,step)}const COMPARISONS={limit(returned,{limit:requested}){const amount=typeof returned=="bigint"?returned:void 0
return requested===void 0?amount===void 0?"same":"stricter":amount===void 0||amount<0n||amount>requested?"looser":amount<requested?"stricter":"same"},limit_reset:(returned,{limit,limit_reset})=>limit===void 0||(returned??void 0)===limit_reset?"same":"looser",include_byok_in_limit:(returned,{include_byok_in_limit:requested})=>requested===void 0||returned===!0===requested?"same":requested?"looser":"stricter",expires_at(returned,{expires_at:requested}){const time=readTime(returned)
if(requested===null)return time===void 0?"same":"stricter"
if(returned===void 0)return"stricter"
if(time===void 0)return"looser"
const later=time-Date.parse(requested)
return later===0?"same":later>0?"looser":"stricter"}}
function compareKey(key,desired){const differences=comparison=>Object.keys(COMPARISONS).filter(field=>COMPARISONS[field](key[field],desired)===comparison).map(field=>({field,from:desired[field]??null,to:key[field]}))
return{looser:differences("looser"),stricter:differences("stricter")}}async function createKey(request,context){const{client,log}=context,{workspace}=request
log.info(`Requested: an API key in the workspace ${JSON.stringify(workspace)}.`)
const found=await findWorkspace(client,workspace)
if(!found.workspace)throw new Failure(workspaceNotFound,{workspace})
const created=await makeKey(found.workspace,request,context)
giveOut(created,request,context)
await deleteLateOrphans(created,context)
if(request.replace===!0){const{error}=await deleteOlderKeys(created.namesakes,created.key,context)
if(error)throw error}log.info(describeEnd(request))
return created}function describeEnd({endsAfterJob,replace,isSealed}){return isSealed?SEALED:endsAfterJob?"The key is revoked when the job ends.":replace==="after-job"?"The key is not revoked after the job. If the job succeeds, older keys with that name are deleted.":"The key is not revoked after the job."}async function makeKey(workspace,request,context){const{clock,log}=context,plan=await planKey(workspace,request,context),start=clock.now(),created=await createKeyOnce(plan,context),{key}=created
saveCreated(created,context)
const{looser}=compareWithRequest(created,request)
if(looser.length>0)throw await deleteLooser(created,looser,context)
const seconds=formatSeconds(clock.now()-start),expiry=describeExpiry(created.expiresAt)
log.info(`Created the API key ${describeKey(key)} in ${seconds}: hash ${key.hash}, ${expiry}.`)
return created}function giveOut(created,request,context){const afterJob=afterJobOf(request)
context.onKey(created,task_endOf(created,afterJob))
const{stricter}=compareWithRequest(created,request)
stricter.length>0&&context.warn(keyStricter,{key:created.key,changes:stricter})
throwIfCancelled(context.signal)
saveGivenOut(created,{afterJob,isSealed:request.isSealed},context)}function afterJobOf({endsAfterJob,replace}){return replace==="after-job"?"replaces":endsAfterJob?"ends":"stays"}async function planKey(workspace,request,context){const{expiresInMs,isSameName=isSameKeyName}=request,name=uniqueKeyName(request.desired.name,context.random()),list=await listKeys(context,workspace),namesakes=list.keys.filter(key=>isSameName(key.name,name)),now=currentTime({server:list.serverTime,runner:context.timeOfDay()},list.keys),expiresAt=planExpiry(expiresInMs,now)
return{workspace,desired:{...request.desired,name,workspace_id:workspace.id,expires_at:expiresAt},namesakes,replaced:request.replace==="after-job"?hashesToReplace(namesakes,now,context):[]}}async function createKeyOnce(plan,context){const{client,registerSecrets,saveTask}=context
saveUnused({...plan,mayHaveOrphans:!0},context)
const{value:posted,error}=await catching(postOnce({send:()=>sendKey(client,plan.desired,registerSecrets),reconcile:reconcileKey,question:"whether it created a key whose secret was lost",check:()=>deleteOrphans(plan,context)},context),ApiError)
if(error){error.details.ambiguous||saveTask(null,{orWarn:!0})
throw error}const data=posted.kind==="succeeded"?posted.data:posted.result
return{...plan,...data,mayHaveOrphans:mayHaveOrphans(posted.attempts),expiresAt:readableExpiry(data.key,plan)}}function compareWithRequest({key,desired},{expiresInMs}){const{looser,stricter}=compareKey(key,desired),lifetime=unexpectedLifetime(key,desired,expiresInMs)
return{looser:[...looser,...lifetime?[lifetime]:[]],stricter}}function readableExpiry(key,{desired}){const expiry=expiryOf(key,desired)
return readTime(expiry)===void 0?null:expiry}function saveCreated(created,context){const{key,workspace,desired}=created,{name}=desired,isOwn=key.workspace_id===workspace.id&&key.name!==""&&name.startsWith(key.name);(isOwn?saveUnused:saveEnded)(created,context)
if(!isOwn||key.name!==name)throw new Failure(unexpectedKey,{key,workspace,name,isOwn})}async function deleteLooser(created,changes,context){const{log}=context,{key}=created,{value:deletion,error}=await catching(deleteKey(context,key),ApiError),deleted=deletion?.kind==="deleted"
if(deleted){log.info(`Revoked the API key ${describeKey(key)}, hash ${key.hash}.`)
saveEnded(created,context)}return new Failure(keyLooser,{key,changes,deleted,error:deletion?.kind==="unclear"?deletion.error:error})}function main_key(){return runStep({action:"key"},async step=>{const{report}=step,inputs=readKeyInputs(report),result=await createKey(inputs,{saveTask:openJournal(inputs,report),...startContext(inputs,step),registerSecrets:report.registerSecrets,onKey(created,end){report.output(keyOutputs(created))
outputKey(created.secret,{action:"key",task:end},inputs,report)},random:Math.random})
report.summarize(keySummary(result,inputs))})}function keyPost(){return runPostStep({action:"key",schema:keyTask(),async run(task,context,{report}){const jobStatus=readJobStatus()
if(!leavesToEndKey(task,jobStatus,context))return endAndReport({task,jobStatus},context,report)},failsJob:task=>task?task.afterJob==="replaces":getInput("replace")==="after-job",describeLeftovers:task=>task?describeKeysLeft(task):"an API key, if the step created one"})}const TOO_MANY="more workspaces are stale than max-deletions allows",MAX_LOGGED=1e3
async function deleteStale(stale,{maxDeletions,dryRun,deleteOne},context){const{log,clock,signal}=context,isTooMany=stale.length>maxDeletions
if(isTooMany||dryRun){log.info(isTooMany?`Nothing was deleted: ${TOO_MANY}.`:"Dry run: nothing was deleted.")
const lines=stale.map(({slug,reason})=>`  ${JSON.stringify(slug)}, ${reason}`)
for(const line of truncateList(lines,MAX_LOGGED))log.info(line)
const planned=isTooMany?{outcome:"too-many",keys:[],reason:TOO_MANY}:{outcome:"would-delete",keys:[]}
return stale.map(workspace=>({...workspace,...planned}))}const start=clock.now(),ended=[]
await forEachOf(stale,async workspace=>{const deletion=signal.aborted?notAttempted(signal):await deleteOne(workspace),entry={...workspace,...deletion}
ended.push(entry.outcome==="failed"?failed(entry,entry.failure,context):entry)})
const{length:count}=withOutcome(ended,"deleted")
log.info(`Deleted ${count} of ${stale.length}, in ${formatSeconds(clock.now()-start)}.`)
return ended}function notAttempted(signal){return{outcome:"failed",keys:[],reason:`not attempted: ${abortReason(signal)}`}}function failed(workspace,failure,{log,toLine}){const reason=toLine((failure instanceof ApiError?formatCause(failure.details):failure?.message)??workspace.reason)
log.info(`Could not delete ${JSON.stringify(workspace.slug)}: ${reason}`)
return{keys:[],...workspace,outcome:"failed",reason,...failure&&{failure}}}async function findMarked({client,repository}){const{items}=await listWorkspaces(client)
return markedIn(items,{repository})}function markedIn(workspaces,{repository}){return workspaces.flatMap(({id,slug,description="",created_at})=>{const mark=readMark(description,repository)
if(!mark||isDefault({slug}))return[]
const{name}=identify(mark.subject,repository,void 0)
return[{id,slug,description,created_at,...mark,name:mark.isLocked?name:slug}]})}const LIST_DELAYS_MS=[0,500,1e3,1500,1500,1500,1500,1500,500],PATIENT_LISTS=8,MAX_WAIT_MS=36e4,RACE_MS=1e4,MAY_GIVE_WAY="preview-limit-usd has no room now. Looking again in 10 s, because another job may give way.",RELIST_MS=1e4
function guardKeys(cap,workspace,context){const{client,clock,log}=context,watch=new KeyWatch(clock),start=clock.now(),list=async()=>watch.see(await listKeys(context,workspace))
return{async waitForRoom({dryRun}){if(!cap)return!1
let fullSince
for(let isFirst=!0;;isFirst=!1){const uses=usesOf(await list(),cap,workspace)
if(fits(uses,cap))return!isFirst
const ms=roomIn(uses,cap),now=clock.now()
fullSince=ms===void 0?fullSince??now:void 0
const timeLeft=start+MAX_WAIT_MS-now
if(fullSince!==void 0&&(dryRun||now-fullSince>=RACE_MS)||isSpent(uses,cap)||(ms??0)>timeLeft)throw new Failure(previewLimitReached,{cap,uses})
isFirst&&log.info(ms===void 0?MAY_GIVE_WAY:describeWait(uses,{...context,dryRun}))
if(dryRun)return!1
await context.rest(Math.min(ms??RACE_MS,RELIST_MS))
throwIfCancelled(context.signal)}},async admit(created){const{hash}=created
for(const[round,delay]of LIST_DELAYS_MS.entries()){await client.pause(delay)
const keys=await list(),own=keys.find(({key})=>key.hash===hash)
if(own&&!isWorking(own))return"ended"
if(own&&!cap)return"admitted"
if(!own||!cap)continue
const uses=usesOf(keys,cap,workspace),next=decide(uses,{hash,cap,isPatient:round<PATIENT_LISTS})
if(next==="give-out")return"admitted"
if(next==="give-way")return new Failure(previewLimitReached,{cap,uses})}throw new Failure(keyNotListed,{key:created})}}}function usesOf(keys,cap,{slug}){const uses=keys.map(one=>capUseOf(one,cap)),uncapped=uses.flatMap(({key,problem})=>problem?{key,problem}:[])
if(uncapped.length>0)throw new Failure(keyNotCapped,{slug,keys:uncapped})
return uses}function describeWait(uses,{timeOfDay,dryRun}){const ended=uses.filter(use=>!isWorking(use)&&use.counted>use.spent),held=sumUsd(ended.map(({counted,spent})=>counted-spent)),last=Math.max(...ended.map(use=>settlesIn(use)??0)),until=formatMinute(timeOfDay()+last,{withYear:!1})
return`${dryRun?"A real run would wait":"Waiting"} for up to ${formatUsd(held)} of preview-limit-usd, until ${until} at the latest: ${countKeys(ended.length)} ended a moment ago, and OpenRouter counts late what is spent.`}async function openPreview(opening,context){const{request}=opening,{ownership,...opened}=await ensureWorkspace(opening,context),{workspace}=opened.result,guard=workspace&&guardKeys(capOf(request),workspace,context)
request.dryRun&&await(guard?.waitForRoom({dryRun:!0}))
if(!workspace||!guard||request.dryRun){workspace&&context.onWorkspace(workspace,ownership)
return opened}const task=taskOf(opening,workspace,context)
context.saveTask(task)
const candidate={workspace,task,guard,onUsable:()=>context.onWorkspace(workspace,ownership)},{value:usable,error}=await catching(ensureUsable(opening,candidate,context),ApiError)
if(usable)return{...opened,...usable}
if(error&&!await hasEnded(workspace,error,context))throw error
context.log.info("The preview was closed or locked in the meantime: beginning again.")
await context.client.pause(context.random()*MAX_PAUSE_MS)}async function ensureWorkspace({request,preview,isCurrent},context){isCurrent||context.log.notice("There are newer commits: this run uses the workspace as it is.")
const{governance,governanceInputs,fields}=request.workspace,wanted={desired:{...fields,...preview.identity},governance,governanceInputs:isCurrent?governanceInputs:[],ifExists:isCurrent?"update":"reuse",supersededBy:isCurrent?void 0:"the newest run of the pull request or branch",assertUsable:existing=>assertOurs(existing,preview,context),dryRun:request.dryRun,deleteAfterJob:!1,deleteKeys:!1,timeoutMs:request.timeoutMs}
let ownership={created:!1}
return{result:await createWorkspace(wanted,{...context,saveTask:()=>{},onWorkspace:(_,known)=>{ownership=known}}),request:wanted,ownership}}function assertOurs(workspace,{subject,identity},{repository}){const mark=readMark(workspace.description,repository)
if(mark&&!mark.isLocked&&isSame(mark.subject,subject)&&!isDefault(workspace))return
const description=String(workspace.description??"")
throw new Failure(previewNotOurs,{workspace,description,expected:identity.description},"another workspace has its slug")}function taskOf({preview:{subject},since,request},{id,slug},{repository}){const cap=capOf(request)
return{subject,since,repository:{id:repository.id,defaultBranch:repository.defaultBranch},workspace:{id,slug},comment:request.comment,cap:cap&&!cap.withByok?cap.amount:void 0}}function capOf({cap:amount,key:{desired}}){if(amount!==void 0)return{amount,limit:desired.limit??0n,withByok:desired.include_byok_in_limit===!0}}const MAX_PAUSE_MS=3e3
async function ensureUsable(opening,candidate,context){if(opening.request.keyMode!=="none")return ensureKey(opening,candidate,context)
if(await isUsable(opening,candidate,context)){candidate.onUsable()
return{}}}async function ensureKey(opening,candidate,context){const{request,preview,since}=opening,{workspace,guard,task}=candidate,keyContext={...context,saveTask:(key,options)=>context.saveTask({...task,key:key??void 0},options),onKey:(key,end)=>context.onKey(key,{...task,key:end})}
for(;;){if(await guard.waitForRoom({dryRun:!1})&&!(await readSubject(preview.subject,since,context)).isOpen)return
const keyRequest=keyRequestOf(opening,context),key=await makeKey(workspace,keyRequest,keyContext)
await deleteLateOrphans(key,keyContext)
const admission=await guard.admit(key.key)
if(admission==="admitted"&&await isUsable(opening,candidate,context)){candidate.onUsable()
giveOut(key,keyRequest,keyContext)
context.log.info(request.isSealed?SEALED:ENDS[request.keyMode])
return{key}}await giveUp(key,context)
saveEnded(key,keyContext)
if(typeof admission=="string")return
context.log.info("Another job has the rest of preview-limit-usd: the new API key was disabled.")
if(key.mayHaveOrphans)throw admission
await context.client.pause(context.random()*MAX_PAUSE_MS)}}async function giveUp({key,workspace},context){const name=unusedKeyName(key.name)
if(!await untilFound(context,async()=>(await disableKey(context,key,{name})).key)&&(await findWorkspace(context.client,workspace.id)).workspace)throw new Failure(createdKeyMissing,{key})}async function isUsable({preview:{subject},since},{workspace:{id}},context){const{workspace}=await findWorkspace(context.client,id)
if(!isInUse(workspace))return!1
const{isOpen}=await readSubject(subject,since,context,{wasOpen:!0})
return isOpen}const ENDS={preview:"The key stays if the job succeeds, until a later job that succeeds replaces it. If the job fails, the key is disabled.",job:"The key is disabled when the job ends.",none:""}
function keyRequestOf({request:{key,keyMode,isSealed},preview:{subject}},{repository}){const{desired,expiresInMs,jobName}=key,isDeployed=keyMode==="preview",name=isDeployed?deployedKeyName(subject,repository.name,jobName):desired.name
return{desired:{...desired,name},expiresInMs,endsAfterJob:!isDeployed,replace:isDeployed&&"after-job",isSameName:isSamePreviewKeyName,isSealed}}async function hasEnded({id},error,{client}){if(error.details.kind!=="rejected")return!1
const{value:lookup}=await catching(findWorkspace(client,id),ApiError)
return lookup!==void 0&&!isInUse(lookup.workspace)}async function closePreview(preview,{dryRun,since},context){const{value:own,error:unlisted}=await catching(watchOwn(preview,context),ApiError)
if(unlisted)throw dryRun?unlisted:notEnded(preview.identity,[unlisted],void 0)
const closed=[],failures=[]
await forEachOf(own,async one=>{const closing=dryRun?planClose(one,context):closeOne({...one,since},context),{value,error}=await catching(closing,ApiError,Failure)
error?failures.push(error):closed.push(value)})
const[first]=failures
if(dryRun&&first)throw first
const errors=failures.filter(error=>!isReopened(error))
if(errors.length>0)throw notEnded(preview.identity,errors,keysIn(own))
if(first)throw first
return closed}async function closeUnread(preview,error,context){const{value:own}=await catching(watchOwn(preview,context),ApiError,Failure)
for(const one of own??[])await catching(listIn(one,context),ApiError)
return notEnded(preview.identity,[error],own&&keysIn(own))}async function watchOwn(preview,context){const own=(await findMarked(context)).filter(one=>isSame(one.subject,preview.subject))
return(own.length>0?own:await findUnlisted(preview,context)).map(workspace=>({workspace,watch:new KeyWatch(context.clock)}))}async function findUnlisted(preview,context){const{slug}=preview.identity,{workspace}=await findWorkspace(context.client,slug)
if(!workspace){context.log.info(`There is no workspace ${JSON.stringify(slug)}: nothing to end.`)
return[]}assertOurs(workspace,preview,context)
return markedIn([{...workspace,description:String(workspace.description)}],context)}async function planClose(one,context){const{workspace}=one,keys=await listIn(one,context),{length:disabled}=keys.filter(isWorking)
context.log.info(`Dry run: ${countKeys(disabled)} of the preview ${JSON.stringify(workspace.name)} would be disabled.`)
return{workspace,outcome:"would-end",keys,disabled}}async function closeOne(one,context){const{workspace,watch}=one,{isOpen,disabled}=await endSpending(one,context),keys=watch.last??[]
if(isOpen)return{workspace,outcome:"open",keys,disabled}
context.log.info(`Closed the preview ${JSON.stringify(workspace.name)}: ${countKeys(disabled)} disabled. A clean-up deletes it, an hour after its last key has ended at the earliest.`)
workspace.isLocked||await writeComment({workspace},context)
return{workspace,outcome:"ended",keys,disabled}}async function endSpending(one,context){const{workspace,since}=one
if(!(await listIn(one,context)).some(isWorking))return{isOpen:!1,disabled:0}
const before=await readSubject(workspace.subject,since,context)
if(before.isOpen)return{isOpen:!0,disabled:0}
const disabled=await disableWorking(one,context)
if((await readSubject(workspace.subject,before.since,context)).isOpen)throw new Failure(previewReopened,{workspace},REOPENED)
return{isOpen:!1,disabled}}const REOPENED="its API keys were disabled, and it is open again: run its workflow again"
async function listIn({workspace,watch},context){return watch.see(await listKeys(context,workspace))}async function disableWorking({watch},context){const working=(watch.last??[]).filter(isWorking),onDone=countDone(context.log,"API keys disabled",working.length),errors=[]
let count=0
await forEachOf(working,async({key})=>{const disabling=untilFound(context,async()=>(await disableKey(context,key)).key),{value:disabled,error}=await catching(disabling,ApiError)
onDone()
if(disabled){count+=1
watch.seeDisabled(disabled)}error&&errors.push(error)})
const[first]=errors
if(first)throw first
return count}function keysIn(watched){const lists=watched.flatMap(({watch})=>watch.last?[watch.last]:[])
return lists.length===watched.length?lists.flat():void 0}function isReopened(error){return error instanceof Failure&&error.is(previewReopened)}function notEnded({slug},errors,keysLeft){const[first]=errors,reason=`${first instanceof ApiError?formatCause(first.details):first?.message}. ${describeWorking(keysLeft)}`
return new Failure(previewNotEnded,{slug,errors,keysLeft},reason)}function left(reason){return{outcome:"left",keys:[],reason}}const MAY_BE_USED="it is locked, and a job may use its API key",NOT_COUNTED="an API key ended less than an hour ago",LIST_LAG_MS=2e3
async function deletePreview(one,context){const{workspace}=one,{value,error}=await catching(lockAndDelete(one,context),ApiError,Failure)
return error?error instanceof ApiError&&rejectsResource(error.details)&&await isGone(workspace,context)?{outcome:"already-deleted",keys:[]}:{outcome:"failed",keys:[],failure:error}:value}async function lockAndDelete({workspace,watch},context){const{client}=context,before=watch.last??[],reason=workspace.isLocked?void 0:await lock(workspace,context)
if(reason!==void 0)return left(reason)
await client.pause(LIST_LAG_MS)
const keys=watch.see(await listKeys(context,workspace))
if(keys.some(isWorking))return left(MAY_BE_USED)
if(!keys.every(isCounted))return left(NOT_COUNTED)
const listed=new Set(keys.map(({key})=>key.hash)),isComplete=!workspace.isLocked&&before.every(({key})=>listed.has(key.hash))
return billAndDelete({workspace,keys,isComplete},context)}async function lock(workspace,{client,repository,log}){const{workspace:now}=await findWorkspace(client,workspace.id),mark=readMark(now?.description,repository)
if(!(now&&isInUse(now)&&mark&&isSame(mark.subject,workspace.subject)))return"another run or a person has changed the workspace"
const wanted=lockOf(workspace),{slug,description}=await patchWorkspace(client,workspace,wanted)
if(slug!==wanted.slug||description!==wanted.description)return"OpenRouter has not changed its slug and its description"
log.info(`Locked the preview ${JSON.stringify(workspace.name)}: no run uses it any more.`)}async function billAndDelete(locked,context){const{workspace,keys,isComplete}=locked,bill={workspace,keys,isComplete,leavesBill:workspace.isLocked},outcome=await writeOrFail(bill,context),deletion=await deleteAll(locked,context)
if(deletion.outcome==="left"){const doubt={workspace,keys:[...keys,...deletion.keys],isComplete:!1,leavesBill:!1}
await writeOrFail(doubt,context)
return{...deletion,keys:[]}}outcome.kind==="written"&&await writeBill({...bill,leavesBill:!0},context)
const isDoubted=outcome.kind==="written"&&outcome.data.isAtLeast,{amount,isExact}=spentBy(keys),spent={amount,isExact:isExact&&isComplete&&!isDoubted},result={...deletion,spent}
context.log.info(deletionLine(`the preview ${JSON.stringify(workspace.name)}`,result))
return result}async function writeOrFail(bill,context){const outcome=await writeBill(bill,context)
if(outcome.kind==="failed"&&!isForGood(outcome.error))throw outcome.error
return outcome}function isForGood({details:{kind,status}}){return kind==="rejected"&&status!==401}async function deleteAll(locked,context){const{workspace,keys}=locked,deleted=new Set,undeleted=await deleteEach(keys.map(({key})=>key),context,({hash})=>deleted.add(hash)),rest=new Set(undeleted.map(({key})=>key.hash)),facts={workspace,deletedKeys:deleted.size}
if(undeleted.length>0){const keysLeft=keys.filter(({key})=>rest.has(key.hash)),errors=undeleted.map(({error})=>error)
throw incompleteTeardown({...facts,errors,keysLeft})}const end=await deleteEmptied(locked,context)
if(end.kind==="rejected")throw incompleteTeardown({...facts,errors:[end.error],keysLeft:void 0})
return end.kind==="has-keys"?{...left(UNLISTED),keys:end.keys}:{outcome:end.kind,keys:keys.filter(({key})=>deleted.has(key.hash))}}const UNLISTED="it has an API key that no list has shown before",ATTEMPT_DELAYS_MS=[1e3,2e3,4e3]
async function deleteEmptied({workspace,keys},context){const{client}=context,billed=new Set(keys.map(({key})=>key.hash))
for(let attempt=0;;attempt+=1){const{value:deletion,error}=await catching(deleteWorkspace(client,workspace),ApiError)
if(deletion?.kind==="unclear")throw new Failure(workspaceStillExists,{workspace})
if(deletion)return{kind:deletion.kind==="deleted"?"deleted":"already-deleted"}
if(!rejectsResource(error.details))throw error
const unlisted=seenIn(await listKeys(context,workspace)).filter(({key})=>!billed.has(key.hash))
if(unlisted.length>0)return{kind:"has-keys",keys:unlisted}
const delay=ATTEMPT_DELAYS_MS[attempt]
if(delay===void 0)return{kind:"rejected",error}
await client.pause(delay)}}const CLEAN_UP={heading:"Preview",thing:"OpenRouter preview",stale:"closed",action:"check or delete",run:"clean-up"}
async function cleanUp({dryRun},context){const{log,clock}=context,start=clock.now(),marked=await findMarked(context)
log.info(`Previews of this repository: ${countWorkspaces(marked.length)}.`)
const result=[],open=[]
await forEachOf(groupBySubject(marked),async group=>{for(const one of await handleGroup(group,{dryRun},context))one.night.outcome==="kept"?open.push(one):result.push(toSwept(one,context))})
await forEachOf(open,async one=>{const night=await describeOpen(one,{dryRun},context)
result.push(toSwept({...one,night},context))})
const count=outcome=>withOutcome(result,outcome).length
log.info(dryRun?"Dry run: nothing was changed.":`Deleted: ${count("deleted")}. Left to the next clean-up: ${count("left")}. Open: ${count("kept")}. In ${formatSeconds(clock.now()-start)}.`)
return result}function groupBySubject(marked){const groups=new Map
for(const workspace of marked){const{subject}=workspace,key=JSON.stringify(subject),group=groups.get(key)??{subject,workspaces:[]}
group.workspaces.push(workspace)
groups.set(key,group)}return[...groups.values()]}const DELETION_MS=1e4,KEY_MS=20
async function handleGroup({subject,workspaces},options,context){const{client,github}=context,brief={...context,...await forOneOfMany({client,github})},reason=reasonToStop(brief)
if(reason!==void 0)return workspaces.map(workspace=>({workspace,night:left(reason)}))
const state=await catching(readSubject(subject,void 0,brief),ApiError,Failure),handled=[]
for(const workspace of workspaces){const night=await handleOne(workspace,{...options,state},brief)
handled.push({workspace,night})}return handled}function reasonToStop({client,github},keyCount=0){return client.isPaused()?"OpenRouter throttles":github.isPaused()?"GitHub throttles":Math.min(client.timeLeft(),github.timeLeft())<DELETION_MS+keyCount*KEY_MS?"no time was left":void 0}async function handleOne(workspace,{dryRun,state:{value:state,error}},context){if(!workspace.isLocked&&error)return{outcome:"failed",keys:[],failure:error}
if(!workspace.isLocked&&state?.isOpen)return{outcome:"kept",keys:[],reason:OPEN}
if(dryRun)return{outcome:"would-delete",keys:[]}
const ending=endAndDelete(workspace,state?.since,context),{value:night,error:failure}=await catching(ending,ApiError,Failure)
return night??{outcome:"failed",keys:[],failure}}const OPEN="it is open"
async function endAndDelete(workspace,since,context){const one={workspace,watch:new KeyWatch(context.clock)},ending=endSpending({...one,since},context),{value:end,error}=await catching(ending,ApiError,Failure)
if(error)throw isReopened(error)?error:notEnded(workspace,[error],one.watch.last)
const{isOpen}=end
if(isOpen&&workspace.isLocked)return left(MAY_BE_USED)
if(isOpen)return{outcome:"kept",keys:[],reason:"it is open again"}
warnOfUnknownEnds(one,context)
const keys=one.watch.last??[]
if(!keys.every(isCounted)){workspace.isLocked||await writeComment({workspace},context)
return left(NOT_COUNTED)}await context.github.untilResumed()
const reason=context.comments?.failure!==void 0?"GitHub accepts no comment now":reasonToStop(context,keys.length)
return reason===void 0?deletePreview(one,context):left(reason)}function warnOfUnknownEnds({workspace,watch},{warn}){const keys=watch.list?withUnknownEnd(watch.list):[]
keys.length>0&&warn(keyEndUnknown,{workspace,keys})}async function describeOpen({workspace,night},{dryRun},context){if(reasonToStop(context)!==void 0)return night
const comment=dryRun?void 0:await writeComment({workspace,addsNone:!0},context),written=comment?.kind==="written"?comment:void 0,keys=written?.keys??await keysIfListed(workspace,context)
if(!keys)return night
const works=`${countKeys(keys.filter(isWorking).length)} can spend`,cap=written?.data.cap,ofCap=cap===void 0?"":`, the cap is ${formatExactUsd(cap)}`
return{...night,spent:spentBy(keys),reason:`${night.reason}: ${works}${ofCap}`}}async function keysIfListed(workspace,context){const{value}=await catching(listKeys(context,workspace),ApiError)
return value&&seenIn(value)}const STALE="its pull request or branch is closed"
function toSwept({workspace,night},context){const{subject}=workspace,link=linkTo(subject,context.repository),found={...workspace,link,age:void 0,reason:STALE}
if(night.outcome==="failed")return failed({...found,...night},night.failure,context)
night.outcome==="left"&&context.log.info(`Left to the next clean-up: ${workspace.name}, because ${night.reason}.`)
return{...found,...night}}function previewKeyOutputs({key,expiresAt}){return{"key-hash":key.hash,"expires-at":expiresAt??""}}function subjectOutputs({isOpen,isOwn}){return isOpen?{state:isOwn?"open":"skipped"}:{state:"closed"}}function reportSkipped(reason,report){report.notice(`No preview: ${reason}.`)
report.output({state:"skipped"})
report.summarize({title:`\u23ed\ufe0f No OpenRouter preview: ${reason}`})}function previewOutputs(result){if(result.state!=="clean-up")return{}
const{deleted="",failed="",count=""}=sweepOutputs(result.result),spent=withOutcome(result.result,"deleted").map(one=>one.spent),{amount,isExact}=sumSpent(spent)
return{deleted,failed,count,"keys-cost-usd":isExact&&spent.length>0?exactUsd(amount):""}}function previewSummary(result,request){if(result.state==="clean-up")return sweepSummary(result.result,CLEAN_UP,{deleteKeys:!0})
if(result.state==="closed")return closedSummary(result)
const{preview,opened}=result
return opened?openSummary(preview,opened,request):{title:`\u2705 Left the OpenRouter preview "${preview.identity.slug}" alone: it is open again`,paragraphs:[`${describePreview(preview.identity)}.`]}}function openSummary({identity},opened,request){const{result,key}=opened,{remedy,table,...shown}=describeResult(result,opened.request)
return{title:key?`${shown.isWarning?"\u26a0\ufe0f":"\u2705"} OpenRouter preview "${identity.slug}": key ${describeKeyLimit(request.key)}`:shown.titleFor(`OpenRouter preview "${identity.slug}"`),url:result.workspace&&dashboardUrl(identity.slug),table:isNew(result)?void 0:table,paragraphs:[...remedy,...request.dryRun&&request.keyMode!=="none"?["A real run also creates an API key."]:[],`${isNew(result)&&!request.dryRun?"Created. ":""}${describePreview(identity)}.`],folded:key?[report_nameOf(key.key)]:[]}}function closedSummary({preview,closed}){const{identity,subject}=preview,what=`the OpenRouter preview "${identity.slug}"`,[first]=closed,keys=closed.flatMap(one=>one.keys),disabled=countKeys(closed.reduce((sum,one)=>sum+one.disabled,0)),isDryRun=first?.outcome==="would-end"
return{title:first?`${isDryRun?"\u{1f50e} Dry run: would close":"\u2705 Closed"} ${what}: ${report_REASONS[subject.kind]}`:`\u2705 Nothing to close: ${what} does not exist`,paragraphs:[...first?[isDryRun?`${disabled} would be disabled.`:`${disabled} disabled. A clean-up writes the bill and deletes the workspace, an hour after its last key has ended at the earliest.`]:[],`${describePreview(identity)}: ${report_REASONS[subject.kind]}.`],folded:foldedKeys("API keys",keys,"Total")}}const report_REASONS={pull:"the pull request is closed",branch:"the branch does not exist any more"},pullEvent=()=>object({action:schemas_string(),pull_request:object({number:schemas_number(),updated_at:schemas_string(),head:object({sha:schemas_string()})})}),CLEAN_UP_EVENTS=["schedule","workflow_dispatch","repository_dispatch"]
function findTrigger(run,repository){const{event,payload,pullRequest}=run,read=Object.hasOwn(EVENTS,event)?EVENTS[event]:void 0,trigger=subject_readPull(run)??(pullRequest===void 0?read?.(payload,repository):void 0)
if(trigger)return trigger
if(pullRequest!==void 0)return{kind:"subject",subject:{kind:"pull",number:pullRequest},isEnd:!1}
if(CLEAN_UP_EVENTS.includes(event))return{kind:"clean-up"}
throw new Failure(noSubject,{event})}const EVENTS={merge_group:()=>skipped("the merge queue"),push(payload,repository){const{data}=safeParse(object({ref:schemas_string(),after:schemas_string(),deleted:optional(schemas_boolean())}),payload),branch=data?.ref.startsWith(HEADS)?data.ref.slice(HEADS.length):void 0
if(!data)return
if(branch===void 0)return skipped("a tag")
const isEnd=data.deleted===!0
return ofBranch(branch,repository,{isEnd,...!isEnd&&{head:data.after}})},delete(payload,repository){const{data}=safeParse(object({ref:schemas_string(),ref_type:schemas_string()}),payload)
if(data)return data.ref_type!=="branch"?skipped("a tag"):ofBranch(repository.isGitea?data.ref.replace(/^refs\/heads\//,""):data.ref,repository,{isEnd:!0})}},HEADS="refs/heads/",QUEUE="gh-readonly-queue/"
function ofBranch(name,{defaultBranch},{isEnd,head}){return name===defaultBranch?skipped("the default branch"):name.startsWith(QUEUE)?skipped("the merge queue"):{kind:"subject",subject:{kind:"branch",name},isEnd,head}}function subject_readPull({event,payload,pullRequest}){if(!["pull_request","pull_request_target"].includes(event))return
const{data}=safeParse(pullEvent(),payload)
if(!data)return
const{number,head,updated_at}=data.pull_request
if(pullRequest!==void 0&&pullRequest!==number)return
const time=Date.parse(updated_at)
return{kind:"subject",subject:{kind:"pull",number},head:head.sha,since:Number.isNaN(time)?void 0:time,isEnd:data.action==="closed"}}function skipped(what){return{kind:"skipped",reason:`${what} has no preview`}}async function runPreview(request,context){const trigger=findTrigger(request.run,context.repository)
if(trigger.kind==="skipped")return{state:"skipped",reason:trigger.reason}
if(trigger.kind==="clean-up"){const github=context.github.withPatience("any"),result=await cleanUp(request,{...context,github,onSubject:void 0})
return{state:"clean-up",result,failure:sweepFailure(result,CLEAN_UP)}}return runFor(trigger,request,context)}async function runFor(trigger,request,context){const{log,repository}=context,{subject}=trigger,preview={subject,identity:identify(subject,repository,request.slugPrefix)}
log.info(`${describePreview(preview.identity)}.`)
const closeContext={...context,github:context.github.withPatience("none")}
let state=await readFirst(trigger,preview,trigger.isEnd?closeContext:context)
if(state.isOpen&&!state.isOwn)return{state:"skipped",reason:"a pull request from another repository has no preview"}
if(state.isOpen&&trigger.isEnd){log.info("It is open again: this run changes nothing.")
return{state:"open",preview}}for(;state.isOpen;){const opening={request,preview,since:state.since,isCurrent:trigger.head===void 0||state.head===trigger.head},opened=await openPreview(opening,context)
if(opened)return{state:"open",preview,opened}
state=await readSubject(subject,state.since,context,{wasOpen:!0})}request.dryRun||context.saveTask(null,{orWarn:!0})
const closed=await closePreview(preview,{...request,since:state.since},closeContext)
return closed.length>0&&closed.every(({outcome})=>outcome==="open")?{state:"open",preview}:{state:"closed",preview,closed}}async function readFirst({subject,since,isEnd},preview,context){const lookup=readSubject(subject,since,context,{wasOpen:!isEnd}),{value:state,error}=await catching(lookup,ApiError,Failure)
if(state)return state
throw isEnd?await closeUnread(preview,error,context):error}function preview(){return runStep({action:"preview"},async step=>{const{report}=step,reason=reasonForNoKey()
if(reason!==void 0){outputNoKey(report)
return reportSkipped(reason,report)}const inputs=readPreviewInputs(),saveTask=openJournal(inputs,report),context=startContext(inputs,step),github=startGitHub(inputs.gitHub,step),result=await runPreview(inputs,{...context,github,comments:inputs.comment?openComments({...inputs.gitHub,render:commentRenderer(inputs.gitHub,report)}):void 0,repository:await completeRepository(github,inputs.gitHub.repository),saveTask,registerSecrets:report.registerSecrets,onSubject:subject=>report.output(subjectOutputs(subject)),onWorkspace:(workspace,ownership)=>report.output(identityOutputs(workspace,ownership)),onKey(key,end){report.output(previewKeyOutputs(key))
outputKey(key.secret,{action:"preview",task:end},inputs,report)},random:Math.random})
"opened"in result&&result.opened?.key||outputNoKey(report)
if(result.state==="skipped")return reportSkipped(result.reason,report)
report.output(previewOutputs(result))
if(result.state==="clean-up"&&result.failure)throw result.failure
throwIfCancelled(step.signal)
report.summarize(previewSummary(result,inputs))})}function outputNoKey(report){getInput("seal")!==NONE&&report.output({"sealed-key":NO_KEY})}function previewPost(){return runPostStep({action:"preview",schema:previewTask(),failsJob:task=>!task||task.key!==void 0,async run(task,context,step){const jobStatus=readJobStatus()
if(!task.key||!leavesToEndKey(task.key,jobStatus,context))return end_and_report_endAndReport({task,jobStatus},context,step)},describeLeftovers:task=>task?describePreviewLeft(task):""})}function fixedPrefix(glob){return glob.replace(/[*?].*/s,"")}function matches(glob,text){let textIndex=0,globIndex=0,star=-1,starEnd=0
for(;textIndex<text.length;)if(glob[globIndex]==="*"){[star,starEnd]=[globIndex,textIndex]
globIndex+=1}else if(glob[globIndex]==="?"||glob[globIndex]===text[textIndex]){globIndex+=1
textIndex+=1}else{if(!(star>=0))return!1
starEnd+=1;[globIndex,textIndex]=[star+1,starEnd]}return/^\**$/.test(glob.slice(globIndex))}const GLOB_MESSAGE="must be a slug, in which * matches any characters and ? matches one",glob=()=>schemas_string(GLOB_MESSAGE).check(_regex(/^[a-z0-9?*-]+$/,GLOB_MESSAGE)),sweepInputs=()=>object({management_key:connection.management_key,slug_pattern:glob().check(refine(pattern=>fixedPrefix(pattern).length>=2,"must begin with at least 2 characters of a slug before the first * or ?")),older_than:fields_duration({min:"1m",max:"3650d"}),keep:schemas_default(array(glob(),"must be a list of slugs with optional wildcards"),[]),delete_keys:fields_flag(),max_deletions:schemas_default(count("must be a whole number, 1 or more"),50),dry_run:fields_flag(),api_url:connection.api_url,timeout:timeout("10m")})
function readSweepInputs(){const values=readInputs(sweepInputs())
return{...toConnection(values),slugPattern:values.slug_pattern,olderThanMs:values.older_than,keep:values.keep,deleteKeys:values.delete_keys,maxDeletions:values.max_deletions,dryRun:values.dry_run}}const SWEEP={heading:"Workspace",thing:"OpenRouter workspace",stale:"stale",action:"delete",run:"sweep"},report_MAX_NAMED=10
function staleNotice(result){const found=withOutcome(result,"deleted","already-deleted","would-delete"),[first]=found
if(!first)return
const named=found.slice(0,report_MAX_NAMED).map(({slug})=>slug),more=found.length>named.length?` and ${found.length-named.length} more`:"",check=first.outcome==="would-delete"?"If no one needs them, check":"Check"
return`Found ${countOf(found.length,"stale workspace")}: ${named.join(", ")}${more}. ${check} why the jobs that created them did not delete them.`}async function sweep(request,context){const{client,log}=context,{stale,kept}=await findStale(request,context)
log.info(`Stale: ${countWorkspaces(stale.length)}. Kept, although the slug matches slug-pattern: ${countWorkspaces(kept.length)}.`)
const options={deleteKeys:request.deleteKeys,relistKeys:!1},ended=await deleteStale(stale,{...request,deleteOne:async({id,slug,reason})=>{const brief={...context,...await forOneOfMany({client})},deletion=await teardown({id,slug},options,brief)
deletion.failure||log.info(deletionLine(`${JSON.stringify(slug)}, ${reason}`,deletion))
return deletion}},context)
return[...ended,...kept]}async function findStale(request,{client,timeOfDay,log}){log.info(`Looking for workspaces with a slug that matches ${request.slugPattern}, older than ${formatAge(request.olderThanMs)}.`)
const[stale,kept]=[[],[]],{items,serverTime}=await listWorkspaces(client),now=earlierTime({server:serverTime,runner:timeOfDay()})
for(const workspace of items.filter(({slug})=>matches(request.slugPattern,slug))){const age=ageOf(workspace,now),{id,slug,created_at}=workspace,found={id,slug,created_at,age},reason=reasonToKeep(workspace,age,request)
reason===void 0?stale.push({...found,reason:`${formatAge(age??0)} old`}):kept.push({...found,reason,outcome:"kept",keys:[]})}return{stale,kept}}function ageOf(workspace,now){const created=createdAt(workspace)
return now===void 0||created===void 0?void 0:now-created}function reasonToKeep(workspace,age,{keep,olderThanMs}){if(isDefault(workspace))return"the default workspace"
const glob=keep.find(pattern=>matches(pattern,workspace.slug))
return glob!==void 0?`matches ${glob} in keep`:age===void 0?"its age is unknown":age>olderThanMs?void 0:`only ${formatAge(age)} old`}function main_sweep(){return runStep({action:"sweep"},async step=>{const{report}=step,inputs=readSweepInputs(),result=await sweep(inputs,startContext(inputs,step))
report.output(sweepOutputs(result))
const failure=sweepFailure(result,SWEEP,inputs)
if(failure)throw failure
const notice=staleNotice(result)
notice!==void 0&&report.notice(notice)
report.summarize(sweepSummary(result,SWEEP,inputs))})}const ownKey=envelope(looseObject({}))
async function readOwnKey(client){await client.request({operation:"read the API key of this job",method:"GET",path:"/key",schema:ownKey,hint:"The account's owner can have limited what its keys may do."})}async function assertWorks({client}){const{error}=await catching(readOwnKey(client),ApiError)
if(error?.details.status===401)throw new Failure(sealedKeyEnded,{})
if(error)throw error}const unsealKeyInputs=()=>object({sealed_key:schemas_string(),seal:pipe(schemas_string({error:EMPTY}),transform(toBytes)),api_url:connection.api_url,timeout:connection.timeout})
function readUnsealKeyInputs(){const{sealed_key,seal,api_url,timeout}=readInputs(unsealKeyInputs())
return{sealedKey:sealed_key,seal,workflowRun:readWorkflowRun(),apiUrl:api_url,timeoutMs:timeout}}function unsealKey(){return runStep({action:"unseal-key",onlyReads:!0},async step=>{const{report}=step
if(!hasSealedKey()){report.info("There is no API key, and nothing is wrong: the output key is empty.")
report.output({key:""})
return}const{sealedKey,seal,workflowRun,...connection}=readUnsealKeyInputs(),opened=openKey(sealedKey,{seal,run:workflowRun.id})
if(typeof opened=="string")throw new Failure(sealedKeyMismatch,{problem:opened,part:"key"})
const{key}=opened
report.registerSecrets([key])
const context=startContext({...connection,managementKey:key},step,{wasAccepted:!0})
await assertWorks(context)
report.outputSecret("key",key)})}const CALENDAR_PERIODS=["month","week","day"],SUFFIXES={month:"_monthly",week:"_weekly",day:"_daily"}
function sinceText({since,from}){return since==="created"?"":` since ${formatTime(from).replace("T00:00:00Z","")}`}function sinceForPeople({since,from,to}){return since==="created"?"":` since ${from%DAY_MS===0?formatDay(from,{withYear:!isSameYear(from,to)}):timeNear(to)(from)}`}function timeNear(to){return time=>formatMinute(time,{withYear:!isSameYear(time,to)})}const DAY_MS=864e5
function calendarStarts(to){const date=new Date(to-1),[year,month]=[date.getUTCFullYear(),date.getUTCMonth()],day=Date.UTC(year,month,date.getUTCDate()),daysSinceMonday=(date.getUTCDay()+6)%7
return{month:Date.UTC(year,month),week:day-daysSinceMonday*DAY_MS,day}}function startOf({since,to},created){const createdSecond=created===void 0?void 0:Math.min(Math.floor(created/1e3)*1e3,to-1e3)
if(since==="created")return createdSecond
const start=typeof since=="number"?to-since:calendarStarts(to)[since]
return Math.max(start,createdSecond??start)}const CLOCK_MS=5e3
function spentAtLeast(key,counter,{from=Number.NEGATIVE_INFINITY,to,readAt,tookMs=0,workspaceCreated}){const starts=calendarStarts(to),perhapsCounted=[readAt-CLOCK_MS,readAt+tookMs+CLOCK_MS].map(calendarStarts),calendar=CALENDAR_PERIODS.map(period=>({since:starts[period],value:key[`${counter}${SUFFIXES[period]}`],isOther:perhapsCounted.some(counted=>counted[period]!==starts[period])})).toSorted((a,b)=>a.since-b.since),created=createdAt(key),counters=[...(created??workspaceCreated??Number.NEGATIVE_INFINITY)>=from?[{since:from,value:key[counter],isOther:!1}]:[],...calendar.filter(({since})=>since>=from)].map(({value,...one})=>({...one,amount:one.isOther?void 0:value})),read=counters.find(({amount})=>amount!==void 0),amount=read?.amount,[widest]=counters,spentInLife=key[counter],unread=created!==void 0&&widest===read||spentInLife!==void 0&&spentInLife<=(amount??0n)?void 0:created!==void 0&&widest?.isOther?"midnight":"invalid"
return{amount,isExact:!unread&&read?.since===from,unread}}const threshold=()=>optional(usdInput("must be an amount in USD, 0 or more")),SINCE_WORDS=["created",...CALENDAR_PERIODS],usageInputs=()=>object({management_key:connection.management_key,workspace:optional(idOrSlug()),...slugInputs(),key_hash:optional(schemas_string().check(refine(text=>/^[\w-]+$/.test(text)&&text.search(LIKELY_SECRET)<0,"must be the hash of an API key, and not the key itself"))),since:schemas_default(durationOrWord({min:"1m",max:"3650d"},SINCE_WORDS),"created"),warn_above_usd:threshold(),fail_above_usd:threshold(),fail_below_remaining_usd:threshold(),fail_if_incomplete:fields_flag(),api_url:connection.api_url,timeout:connection.timeout})
function usageProblems(valid,provided){const problems=slugProblems("workspace",valid,provided,{instead:"key_hash"}),{warn_above_usd:warnAbove,fail_above_usd:failAbove,fail_below_remaining_usd:failBelowRemaining}=valid
if(warnAbove!==void 0&&failAbove!==void 0&&warnAbove>failAbove){const message=`must not exceed fail-above-usd, which is ${formatExactUsd(failAbove)}: lower or remove warn-above-usd`
problems.push({input:"warn-above-usd",message})}failBelowRemaining===void 0||provided.has("key_hash")||problems.push({input:"fail-below-remaining-usd",message:"needs key-hash: only what remains of the limit of an API key is known"})
return problems}function readUsageInputs(log){const values=readInputs(usageInputs(),usageProblems)
return{...toConnection(values),...readSpender(values,log),since:values.since,warnAbove:values.warn_above_usd,failAbove:values.fail_above_usd,failBelowRemaining:values.fail_below_remaining_usd,failIfIncomplete:values.fail_if_incomplete}}function readSpender(values,log){const{workspace,slug_from,key_hash:keyHash}=values
return keyHash!==void 0&&workspace===void 0&&slug_from===void 0?{workspace,keyHash}:{workspace:workspace??makeSlug(values,log),keyHash}}const analytics_count=()=>pipe(transform(value=>String(value??0)),pipe(schemas_string().check(_regex(/^\d+$/)),transform(digits=>BigInt(digits)))),metrics=()=>({request_count:analytics_count(),tokens_total:analytics_count(),tokens_prompt:analytics_count(),tokens_completion:analytics_count(),reasoning_tokens:analytics_count(),credits_usage:nullable(usd),byok_usage:pipe(nullable(usd),transform(amount=>amount??0n))})
function costOf({credits_usage}){return credits_usage??0n}const result=()=>envelope(object({data:array(object({model:nullable(schemas_string()),...metrics()})),metadata:object({truncated:schemas_boolean()}),cachedAt:optional(nullable(schemas_number())),warnings:optional(nullable(array(schemas_string())))})),analytics_MAX_ROWS=1e3
async function queryUsage(client,{filter,from,to,subject}){const{data}=await client.request({operation:`read the usage of ${subject}`,method:"POST",readOnly:!0,path:"/analytics/query",body:{metrics:Object.keys(metrics()),dimensions:["model"],filters:[{...filter,operator:"eq"}],time_range:{start:formatTime(from),end:formatTime(to)},order_by:{field:"credits_usage",direction:"desc"},limit:analytics_MAX_ROWS},schema:result()})
return{models:data.data,truncated:data.metadata.truncated,cachedAt:data.cachedAt??void 0,warnings:data.warnings??[]}}const MAX_DIFFERENCE_MS=864e5
function gapOfClocks({server,runner}){return server===void 0||Math.abs(server-runner)<=MAX_DIFFERENCE_MS?[]:[{kind:"time-uncertain",server,runner}]}function gapOfLength(from,{earliest,maxDays}){return from===void 0?[{kind:"creation-unknown",maxDays}]:from<earliest?[{kind:"too-long",maxDays,from:earliest}]:[]}function gapsIn({truncated,cachedAt,warnings,models}){const unread=models.filter(({credits_usage})=>credits_usage===null).length
return[...truncated?[{kind:"truncated"}]:[],...cachedAt===void 0?[]:[{kind:"cached",at:cachedAt}],...warnings.map(text=>({kind:"warning",text})),...unread>0?[{kind:"models-unread",models:unread}]:[]]}function concernsCost({kind}){return kind!=="byok-unread"&&kind!=="limit-unread"}function describeGap(gap,show=formatTime){switch(gap.kind){case"time-uncertain":return`The period may be wrong: OpenRouter's clock shows ${show(gap.server)}, and the runner's ${show(gap.runner)}.`
case"too-long":return`OpenRouter's analytics goes back ${gap.maxDays} days. It has nothing from before ${show(gap.from)}.`
case"creation-unknown":return`OpenRouter does not report when this was created. The figures begin ${gap.maxDays} days ago.`
case"truncated":return"There are more models than OpenRouter returns. The least expensive ones are missing."
case"cached":return`OpenRouter returned figures that it stored at ${show(gap.at)}. Later requests are missing.`
case"warning":return`OpenRouter's analytics warns: ${gap.text}`
case"keys-unread":return`Could not read all that ${countKeys(gap.keys)} spent in this period. ${UNREAD[gap.cause]}`
case"byok-unread":return`Could not read all that ${countKeys(gap.keys)} spent with your own provider keys in this period. ${UNREAD[gap.cause]}`
case"models-unread":return`Models whose cost OpenRouter's analytics does not report: ${gap.models}.`
case"limit-unread":return"Could not read the limit of the API key, or what remains of it."}}const UNREAD={invalid:"A counter or created_at is missing or invalid.",midnight:"The counters were read while they began again at midnight UTC: run this again."}
function isAbove(threshold,{cost}){return threshold!==void 0&&cost>threshold}function isLowerBound({gaps}){return gaps.some(concernsCost)}function isNothingCounted({models,cost,byok}){return models.length===0&&cost===0n&&byok===0n}function describeCost(result,exceeded){const{cost}=result,isAtLeast=isLowerBound(result),rounding=isAtLeast?"down":"nearest",amount=exceeded===void 0?formatUsd(cost,rounding):formatUsdNextTo(exceeded,cost,rounding),spender=nameSpender(result.spender)
return isNothingCounted(result)?`Nothing counted${sinceForPeople(result)} for ${spender}`:`${isAtLeast?"At least ":""}${amount} spent${sinceForPeople(result)} by ${spender}`}function describeThreshold(input,amount){return`${formatExactUsd(amount)} (${input})`}function nameSpender(spender){switch(spender.kind){case"workspace":return`the OpenRouter workspace "${spender.workspace.slug}"`
case"key":return nameKey(spender.key)
case"deleted-key":return"a deleted API key of OpenRouter"}}function nameKey({name}){return`the OpenRouter API key ${JSON.stringify(name)}`}function usageOutputs(result){const{spender,cost,requests,tokens,models,from,to,gaps,limit}=result
return{"cost-usd":exactUsd(cost),requests:String(requests),tokens:String(tokens),"by-model":toJsonList(models.map(toEntry),"models"),from:formatTime(from),to:formatTime(to),complete:String(gaps.length===0),...spender.kind==="key"&&{"limit-usd":limit?exactUsd(limit.amount):"","remaining-usd":limit?.remaining===void 0?"":exactUsd(limit.remaining)}}}function toEntry(usage){return{model:usage_report_nameOf(usage),requests:Number(usage.request_count),tokens_prompt:Number(usage.tokens_prompt),tokens_completion:Number(usage.tokens_completion),tokens_reasoning:Number(usage.reasoning_tokens),cost_usd:usage.credits_usage}}function usage_report_nameOf({model}){return model??"unknown"}function usageLines(result){const spender=describeSpender(result.spender),amount=formatUsd(result.cost,isLowerBound(result)?"down":"nearest"),since=sinceText(result)
return[isNothingCounted(result)?`Nothing is counted for the ${spender}${since}.`:`The ${spender} has spent ${atLeast(result)}${amount}${since}.`,countsLine(result),...detailLines(result,formatTime)]}function describeSpender(spender){switch(spender.kind){case"workspace":return`workspace "${spender.workspace.slug}"`
case"key":return`API key ${describeKey(spender.key)}`
case"deleted-key":return`deleted API key with the hash ${spender.hash}`}}function detailLines({byok,from,to,limit,gaps},show){return[...byok>0n?[`In addition, ${formatUsd(byok)} was charged by providers, for your own provider keys.`]:[],`From ${show(from)} to ${show(to)}. ${COUNTED_LATE}`,...limit?[`${describeLimit(limit)}.`]:[],...gaps.map(gap=>`Incomplete: ${describeGap(gap,show)}`)]}function atLeast(result){return isLowerBound(result)?"at least ":""}function countsLine(result){const{cost,byok,requests,tokens,models}=result
if(models.length===0&&cost+byok>0n)return"Requests and tokens: not reported yet."
const prefix=atLeast(result)
return`Requests: ${prefix}${formatCount(requests)}. Tokens: ${prefix}${formatCount(tokens)}.`}function usageSummary(result,{warnAbove}){return{title:isAbove(warnAbove,result)?`\u26a0\ufe0f ${describeCost(result,warnAbove)}: above ${describeThreshold("warn-above-usd",warnAbove)}`:`\u{1f4b5} ${describeCost(result)}`,...usageDetails(result)}}function usageDetails(result){const{models,spender,to}=result,counts=countsLine(result),hasModels=models.length>0
return{table:costsTable(result),folded:[...foldedCosts(result),...hasModels?[{title:counts,table:countsTable(result)}]:[]],notes:[...describeOmitted(usageOutputs(result)),...hasModels?[]:[counts],...detailLines(result,timeNear(to)),...keyNotes(spender)]}}function keyNotes(spender){switch(spender.kind){case"workspace":return[]
case"key":return[`The API key is ${describeKey(spender.key)}.`]
case"deleted-key":return[`The API key was deleted. Its hash is ${spender.hash}.`]}}const ROUNDING=1000n
function costsTable({models,cost}){const unreported=cost-sumUsd(models.map(costOf)),rows=[...models.map(usage=>[{code:usage_report_nameOf(usage)},usage.credits_usage]),...unreported>ROUNDING?[["not yet reported by model",unreported]]:[]]
if(rows.length===0)return
const format=columnFormat(rows.flatMap(([,amount])=>amount??[]))
return{header:["Model",{numbers:"Cost"},{numbers:"%"}],rows:rows.map(([name,amount])=>[name,amount===null?"unknown":format(amount),percentOf(amount,cost)])}}function percentOf(part,whole){if(part===null||whole<=0n)return""
const percent=Math.round(Number(part)/Number(whole)*100)
return`${percent===0&&part>0n?"<1":percent}\xa0%`}const MAX_KEYS=20
function foldedCosts(result){const{keys}=result
if(keys.length===0)return[]
const format=spentFormat(keys.map(({spent})=>spent)),rows=keys.slice(0,MAX_KEYS).map(({key,spent,byok})=>[[{code:key.name},"\n",{code:key.label},`\n${limitOfKey(key)}, ${stateOf(key,result)}`,...byok?.amount===0n?[]:[`\nOwn provider keys: ${byok?formatSpent(byok):"unknown"}`]],format(spent)]),table={header:["API key",{numbers:"Cost"}],rows,more:keys.length-rows.length}
return[{title:`API keys that have spent${keys.every(({spent,byok})=>spent?.amount||byok?.amount)?"":", or may have"}: ${keys.length}`,table}]}function limitOfKey(key){const limit=limitOf(key)
return limit?`limit ${formatExactUsd(limit.amount)}${limit.reset?` ${limit.reset}`:""}`:key.limit===null?"no limit":"limit unknown"}function stateOf(key,{serverTime,to}){const state=keyState(key,serverTime)
if(state!=="works")return state
const expiry=readTime(key.expires_at)
return expiry?`works until ${timeNear(to)(expiry)}`:key.expires_at===null?"never expires":"expiry unknown"}function countsTable({models,byok}){return{header:["Model","Requests and tokens"],rows:models.map(usage=>[{code:usage_report_nameOf(usage)},[`Requests: ${formatCount(usage.request_count)}`,`Prompt tokens: ${formatCount(usage.tokens_prompt)}`,`Completion tokens: ${formatCount(usage.tokens_completion)}`,`Reasoning tokens: ${formatCount(usage.reasoning_tokens)}`,...byok>0n?[`Own provider keys: ${formatUsd(usage.byok_usage)}`]:[]].join("\n")])}}const keyNotFound=declareFailure("key-not-found",({hash,workspace,warnings})=>workspace?{title:`The workspace "${workspace.slug}" has no API key with this hash`,lines:[`key-hash is ${hash}. The key may have been deleted, or belong to another workspace.`,"To read what a deleted key has spent, use key-hash without workspace and slug-from."]}:{title:"OpenRouter has no API key with this hash, and no known usage of a deleted one",lines:[`key-hash is ${hash}. Check whether it is the hash of a key of this account.`,...describeWarnings(warnings),"A key that was deleted may have spent nothing in this period.",`If it was used in the last hour, run this again later: ${COUNTED_LATE}`]}),usageUnknown=declareFailure("usage-unknown",({key,warnings})=>({title:`The usage of the API key ${describeKey(key)} in this period is unknown`,lines:["OpenRouter's analytics found nothing about the key, and the key has no counter for the period.",...describeWarnings(warnings),"With since: created, the total comes from the key itself, if OpenRouter reports it."]}))
function describeWarnings(warnings){return truncateList(warnings.map(text=>describeGap({kind:"warning",text})))}const spendingAboveLimit=declareFailure("spending-above-limit",({result,limit})=>({title:`${describeCost(result,limit)}: above ${describeThreshold("fail-above-usd",limit)}`,lines:adviceOnCost(result,"fail-above-usd"),...usageDetails(result)})),spendingAboveWarning=declareWarning("spending-above-warning",({result,threshold})=>({title:`${describeCost(result,threshold)}: above ${describeThreshold("warn-above-usd",threshold)}`,lines:adviceOnCost(result,"warn-above-usd")}))
function adviceOnCost({spender},input){return[howToStop(spender),`If the cost is expected, raise ${input}.`]}function howToStop(spender){if(spender.kind==="deleted-key")return`The API key was deleted, so there is nothing to stop. Its hash is ${spender.hash}.`
const url=spender.workspace?dashboardUrl(spender.workspace.slug):DASHBOARD_URL
return spender.kind==="key"?`To stop it, disable the API key ${describeKey(spender.key)}: ${url}`:`To stop it, disable the API keys of the workspace: ${url}`}const usageIncomplete=declareWarning("usage-incomplete",({result,undecided})=>({title:`${describeCost(result)}: may be above ${undecided.join(" and ")}`,lines:linesOfGaps(result.gaps.filter(concernsCost),result)})),figuresIncomplete=declareFailure("figures-incomplete",({result})=>({title:`${describeCost(result)}: figures incomplete (fail-if-incomplete)`,rows:linesOfGaps(result.gaps,result),lines:["If these figures are enough, set fail-if-incomplete to false."],...usageDetails(result)}))
function linesOfGaps(gaps,{to}){return truncateList(gaps.map(gap=>describeGap(gap,timeNear(to))))}const keyUnusable=declareFailure("key-unusable",({result,hash,state,minimum})=>{const{spender}=result,key=spender.kind==="key"?nameKey(spender.key):"the OpenRouter API key"
return{title:`${formatExactUsd(minimum)} cannot be spent (fail-below-remaining-usd): ${key} ${UNUSABLE[state]}`,lines:[`key-hash is ${hash}. Check whether it is that of an older key.`],...usageDetails(result)}}),UNUSABLE={disabled:"is disabled",expired:"has expired",deleted:"was deleted"},remainingTooLow=declareFailure("remaining-too-low",({result,key,minimum,limit:{amount,reset},remaining})=>({title:`${formatUsdNextTo(minimum,remaining,"down")} left of the ${reset?`${reset} `:""}limit of ${nameKey(key)}: below ${formatExactUsd(minimum)} (fail-below-remaining-usd)`,lines:[`Raise the limit of the key, which is ${formatExactUsd(amount)}, ${reset?"wait until it resets, ":""}or lower fail-below-remaining-usd.`],...usageDetails(result)})),remainingUnknown=declareFailure("remaining-unknown",({result,key,minimum})=>({title:`Unknown whether ${formatExactUsd(minimum)} is left (fail-below-remaining-usd) of the limit of ${nameKey(key)}`,lines:["OpenRouter did not return the limit, or what remains of it.","Run this again later."],...usageDetails(result)}))
async function readUsage(request,context){const{clock,log}=context,start=clock.now(),result=request.workspace===void 0?await readKey(request,void 0,context):await readInWorkspace(request,context)
log.info(`Read in ${formatSeconds(clock.now()-start)}.`)
return result}async function readInWorkspace({workspace:idOrSlug,keyHash,since},context){const{client,log,timeOfDay}=context
log.info(`Reading the usage of the workspace ${JSON.stringify(idOrSlug)}.`)
const{workspace,serverTime}=await findWorkspace(client,idOrSlug)
if(!workspace)throw new Failure(workspaceNotFound,{workspace:idOrSlug})
log.info(`Found ${describeFound(workspace,idOrSlug)}.`)
if(keyHash!==void 0)return readKey({keyHash,since},workspace,context)
const clocks={server:serverTime,runner:timeOfDay()}
return readWorkspaceUsage(workspace,{since,clocks,to:endOfSecond(clocks,[workspace])},context)}async function readKey({keyHash:hash,since},workspace,context){const{log,timeOfDay}=context
workspace||log.info(`Reading the usage of the API key with the hash ${hash}.`)
const{key,serverTime}=await requestKey(context,keyRequest(hash,`with the hash ${hash}`)),clocks={server:serverTime,runner:timeOfDay()},scope={since,clocks,to:endOfSecond(clocks,key?[key]:[])}
if(key&&(!workspace||key.workspace_id===workspace.id))return readKeyUsage(key,workspace,scope,context)
if(workspace)throw new Failure(keyNotFound,{hash,workspace,warnings:[]})
return readDeletedKeyUsage(hash,scope,context)}function endOfSecond(clocks,shown){return Math.floor(currentTime(clocks,shown)/1e3)*1e3+1e3}async function readWorkspaceUsage(workspace,scope,context){const{id,slug}=workspace,workspaceCreated=createdAt(workspace),from=startOf(scope,workspaceCreated),query={filter:{field:"workspace",value:id},subject:`the workspace "${slug}"`},[analyzed,keys]=await Promise.all([analyze({...query,from},scope,context),read_usage_countKeys(workspace,{from,to:scope.to,workspaceCreated},context)])
return{spender:{kind:"workspace",workspace},keys:costsOf(keys),limit:void 0,...combine(analyzed,keys,scope)}}async function read_usage_countKeys(workspace,period,context){const{clock,timeOfDay}=context,start=clock.now(),{keys,serverTime}=await listKeys(context,workspace),tookMs=clock.now()-start,readAt=endOfSecond({server:serverTime,runner:timeOfDay()},[workspace,...keys])
return keys.map(key=>countKey(key,{...period,readAt,tookMs}))}function countKey(key,period){return{key,credits:spentAtLeast(key,"usage",period),byok:spentAtLeast(key,"byok_usage",period)}}function costsOf(keys){return keys.filter(({credits,byok})=>mayHaveSpent(credits)||mayHaveSpent(byok)).toSorted((a,b)=>byAmount(a.credits,b.credits)||byAmount(a.byok,b.byok)).map(({key,credits,byok})=>({key,spent:toSpent(credits),byok:toSpent(byok)}))}function mayHaveSpent({amount=0n,unread}){return unread!==void 0||amount>0n}function byAmount({amount:a=0n},{amount:b=0n}){return Number(b-a)}function toSpent({amount=0n,isExact,unread}){return unread&&amount===0n?void 0:{amount,isExact}}async function readKeyUsage(key,workspace,scope,context){const subject=`the API key ${describeKey(key)}`
context.log.info(`The API key is ${describeKey(key)}.`)
const from=startOf(scope,createdAt(key)),filter={field:"api_key_id",value:key.hash},analyzed=await analyze({filter,subject,from},scope,context),{models,warnings}=analyzed.analytics,workspaceCreated=workspace&&createdAt(workspace),counted=countKey(key,{from,to:scope.to,readAt:scope.to,workspaceCreated})
if(models.length===0&&(warnings.length>0||key.usage===void 0)&&counted.credits.amount===void 0)throw new Failure(usageUnknown,{key,warnings})
const limitGaps=isLimitUnread(key)?[{kind:"limit-unread"}]:[]
return{spender:{kind:"key",key,workspace},keys:[],limit:limitOf(key),...combine({...analyzed,gaps:[...analyzed.gaps,...limitGaps]},[counted],scope)}}async function readDeletedKeyUsage(hash,requested,context){context.log.info("OpenRouter has no API key with this hash. Its analytics keeps what a deleted key has spent.")
const since=requested.since==="created"?MAX_DAYS.api_key_id*read_usage_DAY_MS:requested.since,scope={...requested,since},from=startOf(scope,void 0),filter={field:"api_key_id",value:hash},subject=`the API key with the hash ${hash}`,analyzed=await analyze({filter,subject,from},scope,context),{models,warnings}=analyzed.analytics
if(models.length===0||warnings.length>0)throw new Failure(keyNotFound,{hash,workspace:void 0,warnings})
return{spender:{kind:"deleted-key",hash},keys:[],limit:void 0,...combine(analyzed,[],scope)}}const MAX_DAYS={workspace:31,api_key_id:365},read_usage_DAY_MS=864e5
async function analyze({filter,subject,from},{to,clocks},{client}){const maxDays=MAX_DAYS[filter.field],earliest=to-maxDays*read_usage_DAY_MS,served=Math.max(from??earliest,earliest)
return{analytics:await queryUsage(client,{filter,from:served,to,subject}),from:from??earliest,gaps:[...gapOfClocks(clocks),...gapOfLength(from,{earliest,maxDays})]}}function combine({analytics,from,gaps},keys,{since,to,clocks}){const{models}=analytics
return{since,from,to,serverTime:clocks.server,cost:maxUsd(sumUsd(models.map(costOf)),sumUsd(keys.map(({credits})=>credits.amount??0n))),byok:maxUsd(sumUsd(models.map(({byok_usage})=>byok_usage)),sumUsd(keys.map(({byok})=>byok.amount??0n))),requests:models.reduce((sum,{request_count})=>sum+request_count,0n),tokens:models.reduce((sum,{tokens_total})=>sum+tokens_total,0n),models:models.toSorted(byCost),gaps:[...gaps,...gapsIn(analytics),...unreadGaps(keys)]}}function unreadGaps(keys){const kinds={credits:"keys-unread",byok:"byok-unread"}
return["credits","byok"].flatMap(amount=>["invalid","midnight"].flatMap(cause=>{const unread=keys.filter(key=>key[amount].unread===cause).length
return unread>0?[{kind:kinds[amount],keys:unread,cause}]:[]}))}function byCost(a,b){return costOf(a)===costOf(b)?Number(b.tokens_total-a.tokens_total):costOf(a)<costOf(b)?1:-1}function usageFailure(result,{failAbove,failBelowRemaining,failIfIncomplete}){if(isAbove(failAbove,result))return new Failure(spendingAboveLimit,{result,limit:failAbove})
if(failBelowRemaining!==void 0){const failure=remainingFailure(result,failBelowRemaining)
if(failure)return failure}return failIfIncomplete&&result.gaps.length>0?new Failure(figuresIncomplete,{result}):void 0}function remainingFailure(result,minimum){const{spender,serverTime}=result
if(spender.kind==="workspace")return
if(spender.kind==="deleted-key"){const{hash}=spender
return new Failure(keyUnusable,{result,hash,state:"deleted",minimum})}const{key}=spender,facts={result,key,minimum},state=keyState(key,serverTime)
if(state!=="works")return new Failure(keyUnusable,{result,hash:key.hash,state,minimum})
if(key.limit===null)return
const limit=limitOf(key)
return limit?.remaining===void 0?new Failure(remainingUnknown,facts):minimum<=limit.remaining?void 0:new Failure(remainingTooLow,{...facts,limit,remaining:limit.remaining})}function warnOnCost(result,{warnAbove,failAbove,failIfIncomplete},{warn}){!isAbove(failAbove,result)&&isAbove(warnAbove,result)&&warn(spendingAboveWarning,{result,threshold:warnAbove})
const undecided=Object.entries({"warn-above-usd":warnAbove,"fail-above-usd":failAbove}).flatMap(([input,threshold])=>threshold!==void 0&&result.cost<=threshold?[input]:[])
!failIfIncomplete&&undecided.length>0&&isLowerBound(result)&&warn(usageIncomplete,{result,undecided})}function usage(){return runStep({action:"usage",onlyReads:!0},async step=>{const{report}=step,inputs=readUsageInputs(report),context=startContext(inputs,step),result=await readUsage(inputs,context)
for(const line of usageLines(result))report.info(line)
report.output(usageOutputs(result))
warnOnCost(result,inputs,context)
const failure=usageFailure(result,inputs)
if(failure)throw failure
report.summarize(usageSummary(result,inputs))})}module.exports=__webpack_exports__})()

