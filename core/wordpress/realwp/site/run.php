<?php
// Runs the PHP code on standard input with WordPress loaded.
$site = json_decode( file_get_contents( __DIR__ . '/settings.json' ), true );

define( 'WP_DISABLE_FATAL_ERROR_HANDLER', true ); // say what went wrong instead of "critical error"
require $site['tree'] . '/wp-load.php';
eval( stream_get_contents( STDIN ) );
