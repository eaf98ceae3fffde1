<?php
// The configuration of one site; everything of it lies beside this file.
$site = json_decode( file_get_contents( __DIR__ . '/settings.json' ), true );

define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'root' ); // the server listens on a socket in this private folder only
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:' . __DIR__ . '/db.sock' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
$table_prefix = 'wp_';

// Constant, so that cookies stay good over a restart.
foreach ( array( 'AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE' ) as $name ) {
	define( $name . '_KEY', 'test key ' . $name );
	define( $name . '_SALT', 'test salt ' . $name );
}

define( 'WP_CONTENT_DIR', $site['content_dir'] ); // the program files are shared by all sites
define( 'WP_ENVIRONMENT_TYPE', 'local' );         // application passwords over plain http
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'DISABLE_WP_CRON', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );

if ( $site['network'] ) {
	$_SERVER['HTTP_HOST'] = preg_replace( '#^http://|/.*#', '', $site['url'] ); // scripts have none
}
if ( $site['network'] && ! defined( 'WP_INSTALLING' ) ) { // it begins as a site
	define( 'MULTISITE', true );
	define( 'SUBDOMAIN_INSTALL', false );
	define( 'DOMAIN_CURRENT_SITE', $_SERVER['HTTP_HOST'] );
	define( 'PATH_CURRENT_SITE', '/' );
	define( 'SITE_ID_CURRENT_SITE', 1 );
	define( 'BLOG_ID_CURRENT_SITE', 1 );
}

require_once ABSPATH . 'wp-settings.php';
