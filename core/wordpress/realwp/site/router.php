<?php
// What a web server's rewrite rules do: existing files as they are, the rest to WordPress.
$path = rawurldecode( parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH ) ?: '/' );
$file = $_SERVER['DOCUMENT_ROOT'] . $path;
$base = parse_url( json_decode( file_get_contents( __DIR__ . '/settings.json' ) )->url, PHP_URL_PATH ) ?? '';

if ( is_dir( $file ) && ! str_ends_with( $path, '/' ) ) {
	header( 'Location: ' . $path . '/', true, 301 );
	return true;
}
if ( is_file( $file ) || is_file( $file . 'index.php' ) ) {
	return false;
}
if ( ! str_starts_with( $path, $base . '/' ) ) {
	http_response_code( 404 );
	return true;
}
$_SERVER['SCRIPT_NAME']     = $base . '/index.php';
$_SERVER['PHP_SELF']        = $_SERVER['SCRIPT_NAME'];
$_SERVER['SCRIPT_FILENAME'] = $_SERVER['DOCUMENT_ROOT'] . $_SERVER['SCRIPT_NAME'];
unset( $_SERVER['PATH_INFO'] );
require $_SERVER['SCRIPT_FILENAME'];
