# Draws the learning curves of a run as SVG:
#   gnuplot -e "run='runs/digits'" docs/curves.gp > curves.svg
set terminal svg size 860,320 font 'sans,12' background 'white'
set datafile separator ','
metrics = run . '/metrics.csv'
set multiplot layout 1,2
set xlabel 'epoch'
set grid ytics lc rgb '#dddddd'
set border 3
set tics nomirror
set key top right
set logscale y
set format y '%g'
set title 'loss'
plot metrics using 'epoch':'loss' with lines lw 2 lc rgb '#1f77b4' title 'training', \
     metrics using 'epoch':'val_loss' with lines lw 2 lc rgb '#d62728' title 'validation'
unset logscale y
set key bottom right
set format y '%.2f'
set title 'accuracy'
plot metrics using 'epoch':'accuracy' with lines lw 2 lc rgb '#1f77b4' title 'training', \
     metrics using 'epoch':'val_accuracy' with lines lw 2 lc rgb '#d62728' title 'validation'
unset multiplot
