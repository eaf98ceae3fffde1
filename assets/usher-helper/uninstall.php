<?php
/**
 * Removes what the Usher helper kept for itself. Contact ids and tags stay: other plugins use them.
 *
 * @package UsherHelper
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

global $wpdb;
$usher_ids = $wpdb->get_col( $wpdb->prepare( "SELECT umeta_id FROM $wpdb->usermeta WHERE meta_key LIKE %s", $wpdb->esc_like( 'usher_op_' ) . '%' ) );
foreach ( $usher_ids as $usher_id ) {
	delete_metadata_by_mid( 'user', (int) $usher_id );
}
if ( is_multisite() ) {
	foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $usher_id ) {
		delete_blog_option( $usher_id, 'usher_site' );
	}
} else {
	delete_option( 'usher_site' );
}
