<?php
// Switches on, for one request, the stand-in that the front in Go names in a header, and
// has WordPress believe that it lives at the front's address.
if ( isset( $_SERVER['HTTP_X_STAND_IN_HOME'] ) ) {
	$stand_in_home = fn() => $_SERVER['HTTP_X_STAND_IN_HOME'];
	add_filter( 'pre_option_home', $stand_in_home );
	add_filter( 'pre_option_siteurl', $stand_in_home );
	if ( isset( $_SERVER['HTTP_X_STAND_IN_HTTPS'] ) ) {
		$_SERVER['HTTPS'] = 'on';
	}
	$stand_in = __DIR__ . '/stand-ins/' . basename( $_SERVER['HTTP_X_STAND_IN'] ) . '.php';
	if ( is_file( $stand_in ) ) {
		require $stand_in;
	}
}
