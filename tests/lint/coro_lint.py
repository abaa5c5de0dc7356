#!/usr/bin/env python3
"""Flag g++ 12 coroutine hazards: within one full-expression containing co_await,
   forbid `?:`, brace-initialised temporaries and lambdas with non-[&] captures."""
import re, sys
def strip(src):
    src = re.sub(r'//[^\n]*', '', src); src = re.sub(r'/\*.*?\*/', lambda m: re.sub(r'[^\n]', ' ', m.group()), src, flags=re.S)
    src = re.sub(r'"(?:\\.|[^"\\\n])*"', '""', src); return re.sub(r"'(?:\\.|[^'\\\n])'", "' '", src)
def expressions(src):
    for m in re.finditer(r'\bco_await\b', src):
        b = m.start(); depth = 0                      # walk back to the start of the full-expression
        while b > 0:
            c = src[b-1]
            if c in ')]}' : depth += 1
            elif c in '([{':
                if depth == 0:
                    if c == '{' and not re.search(r'[\w>\]=,(]\s*$', src[:b-1]) or c == '{' and re.search(r'(\)|else|do|try|mutable|noexcept|override|final|const|>)\s*$', src[:b-1]): break
                else: depth -= 1
            elif c == ';' and depth == 0: break
            b -= 1
        e = m.end(); depth = 0                        # walk forward to its end
        while e < len(src):
            c = src[e]
            if c in '([{': depth += 1
            elif c in ')]}':
                if depth == 0 and c == '}': break
                depth -= 1
            elif c == ';' and depth <= 0: break
            e += 1
        yield src.count('\n', 0, m.start()) + 1, src[b:e]
bad = 0
for path in sys.argv[1:]:
    for line, ex in expressions(strip(open(path).read())):
        why = []
        if re.search(r'\?(?!\?)', ex): why.append('?: in a co_await expression')
        if re.search(r'[\w>(,=]\s*\{(?!\s*\})', re.sub(r'\[[^\]]*\]\s*(\([^)]*\))?\s*(mutable)?\s*(->\s*[\w:<>]+)?\s*\{', '', ex)) and not re.match(r'\s*(if|while|for|switch)\b', ex): why.append('brace-initialised temporary in a co_await expression')
        for cap in re.findall(r'\[([^\]\[]*)\]\s*(?:\(|\{|mutable)', ex):
            if cap.strip() not in ('', '&'): why.append(f'lambda capture [{cap}] in a co_await expression')
        if why: bad += 1; print(f'{path}:{line}: ' + '; '.join(sorted(set(why))))
sys.exit(bool(bad))
