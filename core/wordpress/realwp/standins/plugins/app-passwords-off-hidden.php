<?php
// Off, with an index that says nothing of it.
add_filter( 'wp_is_application_passwords_available', '__return_false' );
add_filter(
	'rest_index',
	function ( $response ) {
		unset( $response->data['authentication'] );
		return $response;
	}
);
