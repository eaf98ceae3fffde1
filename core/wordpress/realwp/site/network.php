<?php
// Makes a network, as install.php left it, ready for use, and the second site on it.
define( 'WP_DISABLE_FATAL_ERROR_HANDLER', true );
require json_decode( file_get_contents( __DIR__ . '/settings.json' ), true )['tree'] . '/wp-load.php';

update_network_option( null, 'using_application_passwords', 1 );
$made = wpmu_create_blog( DOMAIN_CURRENT_SITE, '/two/', 'Second site', 1 );
if ( is_wp_error( $made ) ) {
	fwrite( STDERR, $made->get_error_message() );
	exit( 1 );
}
