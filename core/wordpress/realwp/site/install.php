<?php
// Installs the site and prints its application password.
$site = json_decode( file_get_contents( __DIR__ . '/settings.json' ), true );

$database = new mysqli( 'localhost', 'root', '', '', 0, __DIR__ . '/db.sock' );
$database->query( 'CREATE DATABASE wordpress CHARACTER SET utf8mb4' );
$database->close();

define( 'WP_INSTALLING', true );
define( 'WP_SITEURL', $site['url'] );
function wp_new_blog_notification() {} // a site starts with an empty mail folder

require $site['tree'] . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';

$installed = wp_install( 'Test site', $site['user'], $site['user'] . '@example.test', false, '', $site['password'] );

// wp_install picks permalinks by asking a web server which is not up yet.
$wp_rewrite->init();
$wp_rewrite->set_permalink_structure( $site['plain'] ? '' : '/%postname%/' );
$wp_rewrite->flush_rules();
switch_theme( 'bare' );

if ( $site['network'] ) {
	foreach ( $wpdb->tables( 'ms_global' ) as $table => $prefixed ) {
		$wpdb->$table = $prefixed;
	}
	install_network();
	$address = parse_url( $site['url'] );
	populate_network( 1, $address['host'], $site['user'] . '@example.test', 'Test network', '/', false );
	foreach ( array( $wpdb->blogs, $wpdb->site ) as $table ) { // populate_network takes no port
		$wpdb->query( $wpdb->prepare( "UPDATE $table SET domain = %s", $address['host'] . ':' . $address['port'] ) );
	}
}

$made = WP_Application_Passwords::create_new_application_password( $installed['user_id'], array( 'name' => 'tests' ) );
if ( is_wp_error( $made ) ) {
	fwrite( STDERR, $made->get_error_message() );
	exit( 1 );
}
echo $made[0];
