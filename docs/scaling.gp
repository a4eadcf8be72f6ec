# Draws docs/scaling.csv (docs/SCALING.md) as SVG:
#   gnuplot docs/scaling.gp > docs/scaling.svg
set terminal svg size 860,620 font 'sans,12' background 'white'
set datafile separator ','
set multiplot layout 2,2
set xlabel 'ranks'
set logscale x 2
set xtics (2, 8, 32, 128, 512)
set xrange [1.8:1150]
set yrange [0:1.2]
set format y '%.1f'
set grid ytics lc rgb '#dddddd'
set border 3
set tics nomirror
nets = '784-128-10 784-512-256-10 1024-1024-1024-1024-10'
colors = '#1f77b4 #2ca02c #d62728'
part(net, link, kind) = sprintf("<awk -F, '$1 == \"%s\" && $3 == \"%s\" && $4 == \"%s\"' docs/scaling.csv", \
                                net, link, kind)
do for [kind in 'weak strong'] {
    set ylabel (kind eq 'weak' ? 'efficiency, 64 rows a rank' : 'efficiency, 4,096 rows in all')
    do for [link in '100G 10G'] {
        set title (link eq '100G' ? '100 Gb/s, 1 us' : '10 Gb/s, 20 us')
        if (kind eq 'weak' && link eq '10G') { set key top right } else { unset key }
        plot for [i = 1:3] part(word(nets, i), link, kind) using 5:10 with linespoints \
             lw 2 pt 7 ps 0.5 lc rgb word(colors, i) title word(nets, i)
    }
}
unset multiplot
