"""How wide the characters of many scripts are at most, as a table.

Owns `SCRIPT_WIDTHS`. Each letter stands for one character and says its width in steps of
0.05 em, ``0`` for none. They were measured in Chromium with Noto, DejaVu and Liberation, regular
and semibold, the widest taken; marks were measured on a letter that they are written with.
"""

from __future__ import annotations

STEP = 0.05
ZERO = ord("0")

SCRIPT_WIDTHS = {
    0x370: (
        "><B>77A?JJ<<<<77JJJJ<<?7BC<JBJCB9??=?>>@A8?>CA>A@>J==>B>BA8>><>9=>><=<;>=9==><<=@=<>==@<AB9===B>"
        "=?@E@AE>A=?<=;@>B=DB@>@=>>@=?==;>=<7A==>=?CA=???>>B=?>88<FFB?A>@???=@>F>AA?@C@A@>?=>B>@?FGBD??F?"
        "===;>=C<??==A>=>=<<<B<>>DD?B=<B===>;<<777DC>=?<>KBB?DAB@HEA@FD=<BBA=A>A>KHD@JEKB?<=0000099CA?=>="
        "=;><?=FC><@>?=?=BAA?EBGCB>?<=<=<=<?=CAA??>?>D?D?8FC@>A?@>B??>EC8?=?=ED>=A=A=FC><><A?A?A=A=A=?<><"
        "><><?>=;DB><?=><?=ECDB?>FDGDA>@?><A?HDBBEDA=DB?=GCHCA?A?@>OK@>@>J@?@@?@=?B@>;CB??@@@@??@??A@@?@?"
        ">?;A@@@JJ775859;CD=>>==;=?>=6D=======6=;=9D<>==D==9D==AA678JJAA?J0000000000000000000000000000000"
        "0000000000000080<0060090JJJJJJJJ>=:<>78?>7<<<??79?=>><=?<A?JJJJ@===9=JJJJJJJJJJJCOHC[I==C@D<77H="
        "0000000000070@7;@:66:6@6C;CC>>>::::IIIICC==BB@@@6E@A?=?;:@@@@@@@@@@@@@0000000000;;;;;;;;;;;77;C@"
        "@66666<<ACCCCCCCC>>>>>>>:::::::::::;;=;:::IIIIIC=EEEEEE@@CFCAAACCCCCC??????????>====<<:::<<:@D@<"
        "@A<<4;0000000GF0000005600=0000;7;;;;;;;;;;IH;:>B"
    ),
    0x900: (
        "7777@@E::<@B?<<<<EEEE@A<<>=??@?;<<<?<=;=<<<@<?=<99>@@<><>;770:777777777777777077C0000777@A<?<<@<"
        "B?777:<<<<<<<<<<97@@EE@@<?<<?:<<;799JBH;>?BB=JJ@BJJ?BA?>=?<>C@E<<?<=?====J?A=?===J?JJJ>=>;JJ0;77"
        "77777JJ88JJ==0;JJJJJJJJ7JJJJ?<J=B=77JJ<<<<<<<<<<==<=<??7>:>6;90JJ779J?DAA>>JJJJ<?JJ>?==@@<>==<<<"
        ">=>=;==<>J<<=<=><J>>J<=J=<JJ0J77777JJJJ77JJ770JJJ7JJJJJJJ=@=<J<JJJJJJJ<<<<<<<<<<77<>N76JJJJJJJJJ"
        "J777JAF<<<AB?AJAAFJFF;@=<;=>?>>:::;A;<9<;J;:?@<<9J=?J<?<><JJ0:77777777J777J770JJCJJJJJJJJJJJJJJJ"
        "C?77JJ;::::=:;:;7?JJJJJJJ?777777J77:J>BAA@BA<JJ>BJJ?C@???@??@???@????>@>?J?C?A?@@JA@J???>?JJ0977"
        "77777JJ;;JJ??0JJJJJJJ@77JJJJ??JBA<77JJ<<<<<<<<<<=?5:>:<>JJJJJJJJJJ7CJGKG?FOJJJAAEJDDZAJJJE?JEJI>"
        "JJJRAJJJ@I@JJJBD=BEFBEHKJQJJJJ=777;JJJC?HJOLX0JJGJJJJJJFJJJJJJJJJJJJJJ>AFDCFEAGHBBDDJ]EKXFIJJJJJ"
        "77;77AA>DAFMBJ???J???;@<F?@@?JD@<??A@????J??@@FJ<A?=A?<??EJJD<7778>9>J777J7770JJJJJJJ00J@??JJ@JJ"
        "TI77JJ>>@<>??<A?JJJJJJJE=6:>===?<7=7EA@>CGNI?J@@@J???<A=C?@A?JCA=@@B=???>J??@@FJ=A?>J@>@>AJJ0:87"
        "87>77J797J>F:7JJJJJJJ97JJJJJJ@AJP?77JJ<==<>?<<?<J;?JJJJJJJJJJJJJ77:7<NRDS>NBHJJJXJ@JOEECKFCLCRN<"
        r">IKLEC=CCECGK>?E?>B?>DEHIH@00:;777777J?<MJIGN0<IJJJJ>E?@IGFDOYLKBK77JJ<CBFADI?DGFCM@CILS\HOF?IEI"
        "J7:7J?FEE?>@IIQFPAAMBBLJJJEBCABF@@@MJGC@AAAHDC@;ACJ>@@ACAB@>JBJJ@C@AC@AJJJ0JJJJ877777J7J9==JEEH;"
        "JJJJJJ8AIQ@;A9>IJJA;RJJJJJJJJJJJJ=<<===;;=<<CC==<=CC====;===>>>>==<:=<=:==<<><<;77997777000JJJJ="
        "6<7679<70000777<<;=<;;;?<;@BJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJ>>J>JD:=>>J>>C?>DFB>=>>=>==@@>>"
        "@?>>J>J=>>?A==>@=7;;777700A77>JJ8>:<:J>J000077JJ===>==?>>>JJEE==JJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJJ"
    ),
    0x10A0: ("B?>A=@@C:=AB=B@=C==BB?====AB===?A=>=<?J<JJJJJ<JJ;;<A;;;A;;F;;@;;A;>;A;@;;;<;;;;:;;;;;<A<;<;:7<<="),
}
"""By the first character of a stretch. Characters that have no meaning yet count 1.25 em."""
