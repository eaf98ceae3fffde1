<?php
// What WordPress says while it updates itself (wp_maintenance); the file it goes by lies among the
// program's, which all sites share.
header( 'Retry-After: 600' );
wp_die( 'Kurzzeitig nicht verfügbar wegen Wartungsarbeiten.', 'Wartungsarbeiten', 503 );
