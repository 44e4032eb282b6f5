"use strict";exports.id=8363,exports.ids=[8363],exports.modules={8363:(t,e,r)=>{r.d(e,{setJsonMember:()=>i});var s=r(9370);function i(t,e,r){let i=function(t){let e=t.includes(`\r
`)?`\r
`:`
`;if(!t.trim().includes(`
`))return;let r=/\n([ \t]+)"/.exec(t)?.[1]??"	",s=!r.startsWith("	");return{insertSpaces:s,tabSize:s?r.length:1,eol:e}}(t);return(0,s.ct)(t,(0,s.JP)(t,[...e],r,void 0===i?{}:{formattingOptions:i}))}}};