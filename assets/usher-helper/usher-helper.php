<?php
/**
 * Plugin Name:       Usher helper
 * Description:       Lets the Usher desktop app create and update many users in one request, keep CRM contact ids and tags, and send WordPress's own welcome mail.
 * Version:           1.0.0
 * Requires at least: 6.1
 * Requires PHP:      7.4
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:       usher-helper
 *
 * What it adds: GET usher/v1/info and POST usher/v1/upsert, for users who may list, create, edit and promote
 * users. What it never does: delete, touch a user with more rights than an author, hand out such rights, call
 * anybody. Start reading at usher_apply().
 *
 * @package UsherHelper
 */

defined( 'ABSPATH' ) || exit;

const USHER_VERSION      = '1.0.0';
const USHER_MAX_ITEMS    = 50;
const USHER_MAX_NOTIFIED = 10;      // A mail takes up to 2 s over SMTP.
const USHER_MAX_BODY     = 2097152; // Bytes of a request.
const USHER_MAX_ITEM     = 32768;   // Bytes of one item as JSON.
const USHER_MAX_LIST     = 500;     // Values in a list of tags, roles, meta keys or meta values.
const USHER_OPS_KEPT     = 5;       // Per user: all user meta is loaded with a user.
const USHER_OP_PREFIX    = 'usher_op_';
const USHER_SITE_OPTION  = 'usher_site';

// As the REST API names them, in the order of the hash, with WordPress's own names.
const USHER_FIELDS = array(
	'email'       => 'user_email',
	'name'        => 'display_name',
	'first_name'  => 'first_name',
	'last_name'   => 'last_name',
	'nickname'    => 'nickname',
	'url'         => 'user_url',
	'description' => 'description',
	'locale'      => 'locale',
);

// The columns' sizes in characters; what has none here is bounded by USHER_MAX_ITEM.
const USHER_FIELD_SIZES = array(
	'email' => 100,
	'name'  => 250,
	'url'   => 100,
);

const USHER_POWERFUL_ROLES = array( 'administrator', 'editor', 'shop_manager' );

// What WordPress gives administrators and not editors (populate_roles), unfiltered_html, and WooCommerce's own.
const USHER_POWERFUL_CAPS = array(
	'activate_plugins', 'create_users', 'delete_plugins', 'delete_themes', 'delete_users', 'edit_dashboard',
	'edit_files', 'edit_plugins', 'edit_theme_options', 'edit_themes', 'edit_users', 'export', 'import',
	'install_plugins', 'install_themes', 'list_users', 'manage_options', 'promote_users', 'remove_users',
	'switch_themes', 'unfiltered_upload', 'update_core', 'update_plugins', 'update_themes', 'level_8', 'level_9',
	'level_10', 'manage_woocommerce', 'unfiltered_html',
);

register_activation_hook( __FILE__, 'usher_site' );
add_action( 'rest_api_init', 'usher_routes' );

/** Ends the work on one item. */
class Usher_Stop extends Exception {
	/** @var array What to answer beside the message. */
	public $answer;

	public function __construct( $status, $code, $message, array $more = array() ) {
		parent::__construct( $message );
		$this->answer = $more + array(
			'status'  => $status,
			'code'    => $code,
			'message' => $message,
		);
	}
}

function usher_routes() {
	register_rest_route(
		'usher/v1',
		'/info',
		array(
			'methods'             => 'GET',
			'callback'            => 'usher_info',
			'permission_callback' => 'usher_may',
		)
	);
	register_rest_route(
		'usher/v1',
		'/upsert',
		array(
			'methods'             => 'POST',
			'callback'            => 'usher_upsert',
			'permission_callback' => 'usher_may',
		)
	);
}

function usher_may() {
	foreach ( array( 'list_users', 'edit_users', 'create_users', 'promote_users' ) as $cap ) {
		if ( ! current_user_can( $cap ) ) {
			return new WP_Error(
				'rest_forbidden',
				__( 'The Usher helper is for users who may list, create, edit and promote users.', 'usher-helper' ),
				array( 'status' => rest_authorization_required_code() )
			);
		}
	}
	return true;
}

/** The site's random id and the address it had when it got the id: a copy has the id with another address. */
function usher_site() {
	$site = get_option( USHER_SITE_OPTION );
	if ( ! is_array( $site ) || ! isset( $site['id'], $site['home'] ) ) {
		$site = array(
			'id'   => wp_generate_uuid4(),
			'home' => home_url(),
		);
		update_option( USHER_SITE_OPTION, $site, false );
	}
	return $site;
}

function usher_info() {
	$site  = usher_site();
	$roles = array();
	foreach ( wp_roles()->roles as $slug => $role ) {
		$roles[ $slug ] = array(
			'name'         => translate_user_role( $role['name'] ),
			'capabilities' => array_map( 'strval', array_keys( array_filter( $role['capabilities'] ) ) ),
			'protected'    => usher_is_protected_role( (string) $slug ),
		);
	}
	return array(
		'version'      => USHER_VERSION,
		'site'         => array(
			'id'       => $site['id'],
			'home'     => home_url(),
			'id_given' => $site['home'], // The address at which the id was made.
		),
		'limits'       => array(
			'items'      => USHER_MAX_ITEMS,
			'notified'   => USHER_MAX_NOTIFIED,
			'body_bytes' => USHER_MAX_BODY,
			'item_bytes' => USHER_MAX_ITEM,
			'list'       => USHER_MAX_LIST,
		),
		'default_role' => (string) get_option( 'default_role' ),
		'roles'        => (object) $roles,
		'multisite'    => is_multisite(),
		'cannot'       => is_multisite() ? array(
			__( 'On a network of sites only a network administrator may create and edit users.', 'usher-helper' ),
			__( 'Names and e-mail addresses belong to the whole network; roles belong to this site alone.', 'usher-helper' ),
			__( 'New user names may hold only small letters and digits, at least four.', 'usher-helper' ),
		) : array(),
		'wp_fusion'    => array(
			'active' => function_exists( 'wp_fusion' ),
			'crm'    => usher_fusion_crm(),
		),
	);
}

/** The CRM WP Fusion is connected to, "" if none. */
function usher_fusion_crm() {
	$fusion = function_exists( 'wp_fusion' ) ? wp_fusion() : null;
	return isset( $fusion->crm->slug ) && is_string( $fusion->crm->slug ) ? $fusion->crm->slug : '';
}

/**
 * Takes {"items":[…]} and answers {"results":[…]}, one for each item, in the same order.
 *
 * An item:
 *   op       8 to 64 of A-Z a-z 0-9 . _ : - ; unique. Sent again after it wrote, it does nothing and gets the same answer.
 *   id       the user; or
 *   email    finds the user unless the contact id does. Needed to create; else a contact may do without.
 *   login    whose id it was when planned.
 *   expect   the hash of the state planned against, or "none" for no user on this site.
 *   dry_run  true: only say what would be done.
 *   create   {login, password, generated, roles}: make the user if there is none. "generated" says that the password
 *            is random, of 20 characters or more.
 *   fields   email, name, first_name, last_name, nickname, url, description, locale; as in the REST API.
 *   meta     user meta by key: a text, number, true or false (kept as text), list of texts, or null to remove.
 *   show     keys of user meta to tell of and to hash beside those written.
 *   roles    the whole set, by slug.
 *   contact  {crm, id}: kept as {crm}_contact_id.   tags  {crm, values}: the whole set, kept as {crm}_tags.
 *   notify   true: a user made by this op gets WordPress's mail with a link to choose a password.
 * An answer:
 *   op, status, user_id (0 if nobody), created, before, after, mail, code, message.
 *   status   created, updated, unchanged; conflict (see "before"), refused, error: with code and message.
 *   mail     "" not asked, sent, failed, stopped (by another plugin), not_new, unknown (PHP ended while sending).
 *   before, after  the state, with the meta the item names and "hash"; null if there is none or nothing was written.
 * Status "error" with code "failed", or one of WordPress's own codes after a creation, may leave an item half
 * written; the same op again finishes it.
 */
function usher_upsert( WP_REST_Request $request ) {
	if ( ! $request->is_json_content_type() ) { // WP Fusion pushes to the CRM when a form is posted.
		return new WP_Error( 'usher_not_json', __( 'Send JSON.', 'usher-helper' ), array( 'status' => 415 ) );
	}
	if ( strlen( (string) $request->get_body() ) > USHER_MAX_BODY ) {
		return new WP_Error( 'usher_too_big', __( 'The request is too big.', 'usher-helper' ), array( 'status' => 413 ) );
	}
	$body  = $request->get_json_params();
	$items = isset( $body['items'] ) ? $body['items'] : null;
	if ( ! usher_is_list( $items ) || ! $items || count( $items ) > USHER_MAX_ITEMS ) {
		return new WP_Error( 'usher_bad_batch', __( 'Send a list of 1 to 50 items.', 'usher-helper' ), array( 'status' => 400 ) );
	}
	$notified = 0;
	foreach ( $items as $item ) {
		$notified += (int) ! empty( $item['notify'] );
	}
	if ( $notified > USHER_MAX_NOTIFIED ) {
		return new WP_Error( 'usher_too_many_mails', __( 'At most 10 items of a request may send mail.', 'usher-helper' ), array( 'status' => 400 ) );
	}
	return array( 'results' => array_map( 'usher_item', $items ) );
}

/** Does one item; nothing it does or breaks reaches the next. */
function usher_item( $raw ) {
	$level = ob_get_level();
	ob_start(); // What other plugins print must not end up in the JSON.
	$item = array();
	try {
		$item   = usher_read( $raw );
		$answer = $item['dry_run'] ? usher_apply( $item ) : usher_locked( $item );
	} catch ( Usher_Stop $stop ) {
		$answer = $stop->answer;
	} catch ( Throwable $broken ) { // Its message may hold paths and people's data.
		$answer = array(
			'status'  => 'error',
			'code'    => 'failed',
			'message' => __( 'Another plugin or WordPress itself failed on this user.', 'usher-helper' ),
		);
	}
	while ( ob_get_level() > $level ) {
		ob_end_clean();
	}
	return array_merge(
		array(
			'op'      => is_array( $raw ) && isset( $raw['op'] ) && is_string( $raw['op'] ) ? substr( $raw['op'], 0, 64 ) : '',
			'status'  => '',
			'user_id' => 0,
			'created' => false,
			'before'  => null,
			'after'   => null,
			'mail'    => '',
			'code'    => '',
			'message' => '',
		),
		$answer
	);
}

/** Makes two requests about one person wait for each other: WordPress itself would make twins. */
function usher_locked( array $item ) {
	global $wpdb;
	$whom = $item['id'] ? 'id ' . $item['id'] : strtolower( $item['email'] );
	if ( '' === $whom ) {
		$whom = $item['contact']['key'] . ' ' . $item['meta'][ $item['contact']['key'] ];
	}
	$name = 'usher_' . md5( DB_NAME . ' ' . $wpdb->base_prefix . ' ' . $whom );
	$got  = $wpdb->get_var( $wpdb->prepare( 'SELECT GET_LOCK( %s, 15 )', $name ) );
	if ( '0' === $got ) { // NULL: the database has no locks, as SQLite.
		throw new Usher_Stop( 'error', 'busy', __( 'Another request is working on this user.', 'usher-helper' ) );
	}
	try {
		return usher_apply( $item );
	} finally {
		$wpdb->query( $wpdb->prepare( 'SELECT RELEASE_LOCK( %s )', $name ) );
	}
}

/** Finds, checks, writes, records, mails; in this order, so that a death in between can be repeated. */
function usher_apply( array $item ) {
	$record = $item['dry_run'] ? null : usher_recorded( $item['op'] );
	if ( $record && empty( $record['answer']['started'] ) ) {
		return usher_again( $record['answer'] );
	}
	// Begun by this op and not finished: the user is there, the rest perhaps not.
	$begun  = (bool) $record;
	$user   = $begun ? usher_user( $record['user_id'] ) : usher_find( $item );
	$before = $user && ! $begun ? usher_state( $user, $item ) : null;
	usher_guard( $item, $user );
	$absent = $user && ! is_user_member_of_blog( $user->ID );
	if ( ! $begun ) {
		usher_expect( $item, $user, $before, $absent );
	}
	if ( ( ! $user || $absent ) && ! $item['create'] ) {
		throw new Usher_Stop( 'error', $absent ? 'not_on_site' : 'no_user', __( 'There is no such user on this site.', 'usher-helper' ) );
	}
	$create = ! $user;
	if ( $create ) {
		usher_check_login( $item );
	}
	if ( $item['dry_run'] ) {
		$after = usher_wanted( $item, $before );
		return array(
			'status'  => $create ? 'created' : ( $absent || $after !== $before ? 'updated' : 'unchanged' ),
			'user_id' => $user ? $user->ID : 0,
			'before'  => usher_shown( $before ),
			'after'   => usher_shown( $after ),
		);
	}
	if ( $create ) {
		$user = usher_create( $item );
	} elseif ( $absent ) {
		usher_must( add_user_to_blog( get_current_blog_id(), $user->ID, (string) current( usher_new_roles( $item ) ) ) );
	}
	return usher_finish( $item, $user->ID, $before, $create || $begun, $absent );
}

/** Writes what still differs, then records and mails. */
function usher_finish( array $item, $user_id, $before, $created, $absent ) {
	$now = $before;
	if ( $created || $absent ) {
		$item['roles'] = usher_new_roles( $item );
		$now           = usher_state( usher_user( $user_id ), $item );
	}
	$wanted = usher_wanted( $item, $now );
	$after  = $now;
	if ( $wanted !== $now ) {
		usher_write( $item, $user_id, $now, $wanted );
		$after = usher_state( usher_user( $user_id ), $item );
	}
	$answer = array(
		'op'      => $item['op'],
		'status'  => $created ? 'created' : ( $absent || $after !== $before ? 'updated' : 'unchanged' ),
		'user_id' => $user_id,
		'created' => $created,
		'before'  => usher_shown( $before ),
		'after'   => usher_shown( $after ),
		'mail'    => $item['notify'] ? ( $created ? 'sending' : 'not_new' ) : '',
		'code'    => $absent ? 'added_to_site' : '',
	);
	if ( 'unchanged' === $answer['status'] ) {
		return $answer;
	}
	usher_record( $user_id, $item['op'], $answer );
	if ( 'sending' === $answer['mail'] ) {
		$answer['mail'] = usher_mail( $user_id );
		usher_record( $user_id, $item['op'], $answer );
	}
	return $answer;
}

/* Reading an item. */

function usher_bad( $code, $message ) {
	return new Usher_Stop( 'error', $code, $message );
}

function usher_is_list( $value ) {
	return is_array( $value ) && array_keys( $value ) === array_keys( array_values( $value ) );
}

/** Text without control characters; WordPress has already refused broken UTF-8. */
function usher_is_text( $value, $max = USHER_MAX_ITEM ) {
	return is_string( $value ) && strlen( $value ) <= $max && 1 === preg_match( '/\A[^\x00-\x08\x0B\x0C\x0E-\x1F\x7F]*\z/u', $value );
}

function usher_is_texts( $value, $max ) {
	if ( ! usher_is_list( $value ) || count( $value ) > USHER_MAX_LIST ) {
		return false;
	}
	foreach ( $value as $text ) {
		if ( ! usher_is_text( $text, $max ) || '' === $text ) {
			return false;
		}
	}
	return true;
}

/** Checks the shape of an item and returns it with every key; "meta" then has the contact id and the tags too, "show" all meta. */
function usher_read( $raw ) {
	$item = array(
		'op'       => '',
		'id'       => 0,
		'login'    => '',
		'email'    => '',
		'contact'  => null,
		'expect'   => '',
		'dry_run'  => false,
		'create'   => null,
		'fields'   => array(),
		'meta'     => array(),
		'show'     => array(),
		'roles'    => null,
		'tags'     => null,
		'notify'   => false,
	);
	if ( ! is_array( $raw ) || array_diff_key( $raw, $item ) || strlen( (string) wp_json_encode( $raw ) ) > USHER_MAX_ITEM ) {
		throw usher_bad( 'bad_item', __( 'The item is too big, not an object, or has an unknown key.', 'usher-helper' ) );
	}
	$item = array_merge( $item, $raw );
	if ( ! is_string( $item['op'] ) || ! preg_match( '/\A[A-Za-z0-9._:-]{8,64}\z/', $item['op'] ) ) {
		throw usher_bad( 'bad_op', __( '"op" must be 8 to 64 letters, digits, dots, colons, dashes or underscores.', 'usher-helper' ) );
	}
	if ( ! is_bool( $item['dry_run'] ) || ! is_bool( $item['notify'] ) || ! usher_is_text( $item['expect'], 64 ) || ! usher_is_text( $item['login'], 60 ) ) {
		throw usher_bad( 'bad_item', __( '"dry_run" and "notify" are true or false, "expect" and "login" are texts.', 'usher-helper' ) );
	}
	$named = (int) ( 0 !== $item['id'] ) + (int) ( '' !== $item['email'] );
	if ( ! is_int( $item['id'] ) || $item['id'] < 0 || ! is_string( $item['email'] ) || $named > 1 || ! $named && ( ! $item['contact'] || $item['create'] ) ) {
		throw usher_bad( 'bad_item', __( 'Name the user by "id", "email" or "contact".', 'usher-helper' ) );
	}
	if ( '' !== $item['email'] ) {
		usher_check_email( $item['email'] );
	}
	usher_read_create( $item );
	usher_check_fields( $item['fields'] );
	if ( null !== $item['roles'] ) {
		usher_check_roles( $item['roles'] );
	}
	$item['meta'] = usher_read_meta( $item['meta'] );
	$item         = usher_read_crm( $item );
	if ( ! usher_is_texts( $item['show'], 190 ) ) {
		throw usher_bad( 'bad_show', __( '"show" must be a list of meta keys.', 'usher-helper' ) );
	}
	array_walk( $item['show'], 'usher_check_key' );
	$item['show'] = array_unique( array_merge( array_map( 'strval', array_keys( $item['meta'] ) ), $item['show'] ) );
	return $item;
}

function usher_check_email( $email ) {
	if ( ! usher_is_text( $email, 100 ) || is_email( $email ) !== $email ) {
		throw usher_bad( 'bad_email', __( 'WordPress does not take this e-mail address.', 'usher-helper' ) );
	}
}

function usher_read_create( array &$item ) {
	$create = $item['create'];
	if ( null === $create ) {
		return;
	}
	$all = array(
		'login'     => '',
		'password'  => '',
		'generated' => false,
		'roles'     => null,
	);
	if ( ! is_array( $create ) || array_diff_key( $create, $all ) || $item['id'] || isset( $item['fields']['email'] ) ) {
		throw usher_bad( 'bad_create', __( '"create" has an unknown key, or goes with "id" or another e-mail address.', 'usher-helper' ) );
	}
	$create = array_merge( $all, $create );
	if ( ! is_string( $create['login'] ) || ! validate_username( $create['login'] ) || strlen( $create['login'] ) > 60 ) {
		throw usher_bad( 'bad_login', __( 'WordPress does not take this user name.', 'usher-helper' ) );
	}
	if ( ! usher_is_text( $create['password'], 4096 ) || '' === $create['password'] || false !== strpos( $create['password'], '\\' ) || ! is_bool( $create['generated'] ) ) {
		throw usher_bad( 'bad_password', __( 'WordPress does not take this password.', 'usher-helper' ) );
	}
	if ( null !== $create['roles'] ) {
		usher_check_roles( $create['roles'] );
	}
	$item['create'] = $create;
}

function usher_check_fields( $fields ) {
	if ( ! is_array( $fields ) || array_diff_key( $fields, USHER_FIELDS ) ) {
		throw usher_bad( 'bad_fields', __( '"fields" has an unknown name.', 'usher-helper' ) );
	}
	foreach ( $fields as $name => $value ) {
		$max = isset( USHER_FIELD_SIZES[ $name ] ) ? USHER_FIELD_SIZES[ $name ] : USHER_MAX_ITEM;
		if ( ! usher_is_text( $value ) || mb_strlen( $value, 'UTF-8' ) > $max ) {
			throw usher_bad( 'bad_fields', __( 'A field is no text, too long, or has control characters.', 'usher-helper' ) );
		}
	}
	if ( isset( $fields['email'] ) ) {
		usher_check_email( $fields['email'] );
	}
	if ( ! empty( $fields['locale'] ) && 'en_US' !== $fields['locale'] && ! in_array( $fields['locale'], get_available_languages(), true ) ) {
		throw usher_bad( 'bad_locale', __( 'This language is not installed.', 'usher-helper' ) );
	}
}

function usher_check_roles( $roles ) {
	if ( ! usher_is_texts( $roles, 100 ) ) {
		throw usher_bad( 'bad_roles', __( 'Roles are a list of names.', 'usher-helper' ) );
	}
	foreach ( $roles as $role ) {
		if ( ! wp_roles()->is_role( $role ) ) {
			throw usher_bad( 'unknown_role', __( 'This site has no such role.', 'usher-helper' ) );
		}
	}
}

/** Keys begin with a letter and are plain ASCII without blanks: to the database "sessión_tokens" and "session_tokens " are "session_tokens". */
function usher_check_key( $key ) {
	if ( preg_match( '/capabilities\z|user_level\z|\Asession_tokens\z|\A_|\Ausher_/i', $key ) || ! preg_match( '/\A[A-Za-z][A-Za-z0-9_.:-]{0,189}\z/', $key ) || is_protected_meta( $key, 'user' ) ) {
		throw new Usher_Stop( 'refused', 'protected_meta', __( 'This user meta is never told or written by the Usher helper.', 'usher-helper' ) );
	}
	if ( in_array( strtolower( $key ), USHER_FIELDS, true ) ) {
		throw usher_bad( 'bad_meta', __( 'This value belongs to "fields".', 'usher-helper' ) );
	}
}

/** Meta values by key: text, a list of texts, or null to remove. */
function usher_read_meta( $meta ) {
	if ( ! is_array( $meta ) || count( $meta ) > USHER_MAX_LIST || ( $meta && usher_is_list( $meta ) ) ) {
		throw usher_bad( 'bad_meta', __( '"meta" must be an object.', 'usher-helper' ) );
	}
	$read = array();
	foreach ( $meta as $key => $value ) {
		$key = (string) $key;
		usher_check_key( $key );
		if ( is_int( $value ) || is_float( $value ) || is_bool( $value ) ) {
			$value = is_float( $value ) ? (string) wp_json_encode( $value ) : (string) $value;
		}
		if ( null !== $value && ! usher_is_text( $value ) && ! usher_is_texts( $value, USHER_MAX_ITEM ) ) {
			throw usher_bad( 'bad_meta', __( 'A meta value must be a text, a number, a list of texts, or null.', 'usher-helper' ) );
		}
		$read[ $key ] = is_array( $value ) ? array_map( 'usher_plain', $value ) : usher_plain( $value );
	}
	return $read;
}

/** Without tags: what strangers typed into a form may be printed by a theme that trusts user meta. */
function usher_plain( $text ) {
	if ( ! is_string( $text ) || false === strpos( $text, '<' ) ) {
		return $text;
	}
	return wp_strip_all_tags( wp_pre_kses_less_than( $text ) );
}

/** The contact id and the tags as WP Fusion keeps them: {crm}_contact_id is a text, {crm}_tags a list of texts. */
function usher_read_crm( array $item ) {
	foreach ( array( 'contact' => 'id', 'tags' => 'values' ) as $name => $part ) {
		$given = $item[ $name ];
		if ( null === $given ) {
			continue;
		}
		if ( ! is_array( $given ) || array_diff_key( $given, array( 'crm' => 1, $part => 1 ) ) || ! isset( $given['crm'], $given[ $part ] )
			|| ! is_string( $given['crm'] ) || ! preg_match( '/\A[a-z][a-z0-9]{1,30}\z/', $given['crm'] ) ) {
			throw usher_bad( 'bad_' . $name, __( 'Name the CRM and give its values.', 'usher-helper' ) );
		}
		$value = is_int( $given[ $part ] ) ? (string) $given[ $part ] : $given[ $part ];
		$good  = 'tags' === $name ? usher_is_texts( $value, 255 ) : usher_is_text( $value, 100 ) && '' !== $value;
		$key   = $given['crm'] . ( 'tags' === $name ? '_tags' : '_contact_id' );
		if ( ! $good || array_key_exists( $key, $item['meta'] ) ) {
			throw usher_bad( 'bad_' . $name, __( 'The CRM\'s values are no texts, or are given twice.', 'usher-helper' ) );
		}
		$item['meta'][ $key ] = 'tags' === $name ? array_values( array_unique( $value ) ) : $value;
		$item[ $name ]        = array(
			'crm' => $given['crm'],
			'key' => $key,
		);
	}
	return $item;
}

/* Finding and judging. */

/** A user as the database has it now: another request may have just written. */
function usher_user( $user_id ) {
	clean_user_cache( $user_id );
	wp_cache_delete( $user_id, 'user_meta' );
	$user = get_userdata( $user_id );
	return $user ? $user : null;
}

/** By id; else by the CRM's contact id, lowest user id first; else by e-mail, if there is one. */
function usher_find( array $item ) {
	global $wpdb;
	if ( $item['id'] ) {
		return usher_user( $item['id'] );
	}
	if ( $item['contact'] ) {
		$key  = $item['contact']['key'];
		$rows = $wpdb->get_results( $wpdb->prepare( "SELECT user_id, meta_value FROM $wpdb->usermeta WHERE meta_key = %s AND meta_value = %s ORDER BY user_id", usher_meta_key( $key ), $item['meta'][ $key ] ) );
		foreach ( $rows as $row ) {
			$user = $row->meta_value === $item['meta'][ $key ] ? usher_user( (int) $row->user_id ) : null;
			if ( $user ) {
				return $user;
			}
		}
	}
	if ( '' === $item['email'] ) {
		return null;
	}
	$rows = $wpdb->get_results( $wpdb->prepare( "SELECT ID, user_email FROM $wpdb->users WHERE user_email = %s ORDER BY ID", $item['email'] ) );
	foreach ( $rows as $row ) { // The database also takes accents and blanks for equal.
		if ( 0 === strcasecmp( $row->user_email, $item['email'] ) ) {
			return usher_user( (int) $row->ID );
		}
	}
	return null;
}

function usher_is_protected_role( $slug ) {
	$role = get_role( $slug );
	return in_array( $slug, USHER_POWERFUL_ROLES, true ) || ( $role && usher_is_powerful( $role->capabilities ) );
}

function usher_is_powerful( $caps ) {
	$held = array_keys( array_filter( (array) $caps ) ); // A role's name is a capability of its users too.
	return (bool) array_intersect( $held, USHER_POWERFUL_CAPS ) || (bool) array_intersect( $held, USHER_POWERFUL_ROLES );
}

/** By a role or a capability, on any site of the network: the e-mail address is the same on all. */
function usher_is_protected( WP_User $user ) {
	if ( is_multisite() ) {
		foreach ( array_keys( get_blogs_of_user( $user->ID, true ) ) as $site_id ) {
			$there = new WP_User( $user->ID, '', $site_id );
			if ( usher_is_powerful( $there->allcaps ) ) {
				return true;
			}
		}
		if ( is_super_admin( $user->ID ) ) {
			return true;
		}
	}
	return usher_is_powerful( $user->allcaps );
}

/** The roles of a user to be created. */
function usher_new_roles( array $item ) {
	if ( null !== $item['roles'] ) {
		return $item['roles'];
	}
	return isset( $item['create']['roles'] ) ? $item['create']['roles'] : array( (string) get_option( 'default_role' ) );
}

function usher_guard( array $item, $user ) {
	if ( $user && usher_is_protected( $user ) ) {
		throw new Usher_Stop( 'refused', 'protected', __( 'This user has more rights than an author and is left alone.', 'usher-helper' ), array( 'user_id' => $user->ID ) );
	}
	$asked = $item['create'] ? usher_new_roles( $item ) : (array) $item['roles'];
	foreach ( $asked as $role ) {
		if ( usher_is_protected_role( $role ) ) {
			throw new Usher_Stop( 'refused', 'protected_role', __( 'This role has more rights than an author and is not given.', 'usher-helper' ) );
		}
	}
	if ( $user && isset( $item['fields']['email'] ) ) {
		$owner = email_exists( $item['fields']['email'] );
		if ( $owner && (int) $owner !== $user->ID ) {
			throw new Usher_Stop( 'error', 'existing_user_email', __( 'Another user has this e-mail address.', 'usher-helper' ), array( 'user_id' => $user->ID ) );
		}
	}
}

/**
 * Stops when the user is no longer as planned: "expect" is a hash, or "none" for nobody on this site, though the
 * network may have the user; "login" is whose id it was.
 */
function usher_expect( array $item, $user, $before, $absent ) {
	$code = '';
	if ( $user && '' !== $item['login'] && $item['login'] !== $user->user_login ) {
		$code = 'other_user';
	} elseif ( 'none' === $item['expect'] && $user && ! $absent ) {
		$code = 'exists';
	} elseif ( '' !== $item['expect'] && 'none' !== $item['expect'] && ( ! $user || $item['expect'] !== usher_hash( $before ) ) ) {
		$code = $user ? 'changed' : 'gone';
	}
	if ( '' !== $code ) {
		throw new Usher_Stop(
			'conflict',
			$code,
			__( 'The user is not as expected; nothing was written.', 'usher-helper' ),
			array(
				'user_id' => $user ? $user->ID : 0,
				'before'  => usher_shown( $before ),
			)
		);
	}
}

function usher_check_login( array $item ) {
	if ( username_exists( $item['create']['login'] ) ) {
		throw usher_bad( 'existing_user_login', __( 'This user name is taken.', 'usher-helper' ) );
	}
	if ( is_multisite() ) {
		$checked = wpmu_validate_user_signup( $item['create']['login'], $item['email'] );
		usher_must( $checked['errors']->has_errors() ? $checked['errors'] : true );
	}
}

/* The state of a user. */

/** Where a key is kept: WP Fusion can keep a contact id and tags for each site of a network. */
function usher_meta_key( $key ) {
	global $wpdb;
	$crm   = usher_fusion_crm();
	$apart = is_multisite() && function_exists( 'wpf_get_option' ) && wpf_get_option( 'multisite_prefix_keys' );
	return $apart && in_array( $key, array( $crm . '_contact_id', $crm . '_tags' ), true ) ? $wpdb->get_blog_prefix() . $key : $key;
}

/** What is hashed and answered: id, login, fields, roles, and the meta the item names or wants shown. */
function usher_state( WP_User $user, array $item ) {
	$state = array(
		'id'    => (string) $user->ID,
		'login' => (string) $user->user_login,
	);
	foreach ( USHER_FIELDS as $name => $field ) {
		$state[ $name ] = 'locale' === $name ? get_user_locale( $user ) : (string) $user->$field;
	}
	$state['roles'] = array_values( $user->roles );
	sort( $state['roles'], SORT_STRING );
	$state['meta'] = array();
	foreach ( $item['show'] as $key ) {
		$state['meta'][ $key ] = usher_meta( $user->ID, $key );
	}
	ksort( $state['meta'], SORT_STRING );
	return $state;
}

/** A meta value as text, list of texts or null; anything else is an array with its hash, for comparing only. */
function usher_meta( $user_id, $key ) {
	$key = usher_meta_key( $key );
	if ( ! metadata_exists( 'user', $user_id, $key ) ) {
		return null;
	}
	$value = get_user_meta( $user_id, $key, true );
	if ( is_scalar( $value ) ) {
		return (string) $value;
	}
	if ( usher_is_list( $value ) && array_filter( $value, 'is_string' ) === $value ) {
		return $value;
	}
	return array( 'sha256' => hash( 'sha256', serialize( $value ) ) ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions
}

/** The state after the item is done, as WordPress will store it. */
function usher_wanted( array $item, $now ) {
	$state = $now;
	if ( null === $state ) { // Nobody yet: what is not asked for is left to WordPress.
		$state = array_fill_keys( array_keys( USHER_FIELDS ), '' );
		$state = array_merge( array( 'id' => '0', 'login' => $item['create']['login'] ), $state, array( 'email' => $item['email'] ) );
	}
	foreach ( $item['fields'] as $name => $value ) {
		$field          = USHER_FIELDS[ $name ];
		$state[ $name ] = wp_unslash( sanitize_user_field( $field, wp_slash( $value ), (int) $state['id'], 'db' ) );
		if ( 'locale' === $name && '' === $value ) {
			$state[ $name ] = get_locale();
		}
	}
	$roles = null === $now ? usher_new_roles( $item ) : $item['roles'];
	if ( null !== $roles ) {
		$state['roles'] = array_values( array_unique( $roles ) );
		sort( $state['roles'], SORT_STRING );
	}
	$state['meta'] = array_merge( array_fill_keys( $item['show'], null ), null === $now ? array() : $now['meta'], $item['meta'] );
	ksort( $state['meta'], SORT_STRING );
	if ( null !== $now && $item['tags'] ) { // Tags are a set: another order is no difference.
		$key  = $item['tags']['key'];
		$same = is_array( $now['meta'][ $key ] ) && ! array_diff( $state['meta'][ $key ], $now['meta'][ $key ] ) && count( $state['meta'][ $key ] ) === count( $now['meta'][ $key ] );
		if ( $same ) {
			$state['meta'][ $key ] = $now['meta'][ $key ];
		}
	}
	return $state;
}

/**
 * The hash of a state: SHA-256, in lower-case hex, of these values one behind the other:
 * the text "usher1", id, login, email, name, first_name, last_name, nickname, url, description, locale, the list of
 * roles, then key and value of each meta the item names (its contact id, tags and "show" included). A text is its length
 * in bytes in decimal, ":" and its bytes; a list "[", its texts, "]"; a missing value "-"; a value of another shape "?"
 * and its sha256 as a text. Roles and keys are in byte order.
 */
function usher_hash( array $state ) {
	$meta   = $state['meta'];
	$values = array_merge( array( 'usher1' ), array_values( array_diff_key( $state, array( 'meta' => 1 ) ) ) );
	foreach ( $meta as $key => $value ) {
		array_push( $values, (string) $key, $value );
	}
	return hash( 'sha256', implode( '', array_map( 'usher_encoded', $values ) ) );
}

function usher_encoded( $value ) {
	if ( null === $value ) {
		return '-';
	}
	if ( isset( $value['sha256'] ) && is_array( $value ) ) {
		return '?' . usher_encoded( $value['sha256'] );
	}
	return is_array( $value ) ? '[' . implode( '', array_map( 'usher_encoded', $value ) ) . ']' : strlen( $value ) . ':' . $value;
}

/** A state as it is answered. */
function usher_shown( $state ) {
	if ( null === $state ) {
		return null;
	}
	$hash          = '0' === $state['id'] ? '' : usher_hash( $state );
	$state['id']   = (int) $state['id'];
	$state['meta'] = (object) $state['meta'];
	return $state + array( 'hash' => $hash );
}

/* Writing. */

/** Turns WordPress's refusal of a write into the item's answer. */
function usher_must( $result ) {
	if ( is_wp_error( $result ) ) {
		throw usher_bad( (string) $result->get_error_code(), wp_strip_all_tags( $result->get_error_message() ) );
	}
	return $result;
}

/**
 * Makes a user who carries the op from their first moment: other plugins' hooks may end PHP.
 *
 * A generated password is hashed at the lowest cost (WordPress 6.8 and later; 42 to 170 ms less): nobody can guess it
 * anyway, and WordPress hashes it anew at the first login.
 */
function usher_create( array $item ) {
	$data = array();
	foreach ( $item['fields'] as $name => $value ) {
		$data[ USHER_FIELDS[ $name ] ] = $value;
	}
	$roles = usher_new_roles( $item );
	$data  = array_merge(
		$data,
		array(
			'user_login' => $item['create']['login'],
			'user_pass'  => $item['create']['password'],
			'user_email' => $item['email'],
			'role'       => $roles ? $roles[0] : '',
			'meta_input' => array( usher_op_key( $item['op'] ) => '{"started":true}' ),
		)
	);
	$cheap = $item['create']['generated'] && strlen( $item['create']['password'] ) >= 20;
	if ( $cheap ) {
		add_filter( 'wp_hash_password_options', 'usher_cheap', 999 );
	}
	add_filter( 'wpf_user_register', '__return_null', 999 ); // Else WP Fusion asks the CRM about each new user.
	try {
		$user_id = usher_must( wp_insert_user( wp_slash( $data ) ) );
	} finally {
		remove_filter( 'wpf_user_register', '__return_null', 999 );
		remove_filter( 'wp_hash_password_options', 'usher_cheap', 999 );
	}
	if ( is_multisite() && $roles ) {
		usher_must( add_user_to_blog( get_current_blog_id(), $user_id, $roles[0] ) );
	}
	return usher_user( $user_id );
}

function usher_cheap( $options ) {
	return array( 'cost' => 4 ) + (array) $options;
}

/** Writes what differs between two states of a user. */
function usher_write( array $item, $user_id, array $now, array $wanted ) {
	$data = array();
	foreach ( $item['fields'] as $name => $value ) {
		if ( $wanted[ $name ] !== $now[ $name ] ) {
			$data[ USHER_FIELDS[ $name ] ] = $value;
		}
	}
	if ( $data ) {
		usher_must( wp_update_user( wp_slash( array( 'ID' => $user_id ) + $data ) ) );
	}
	if ( $wanted['roles'] !== $now['roles'] ) {
		usher_set_roles( $user_id, $item['roles'], $now['roles'] );
	}
	foreach ( $wanted['meta'] as $key => $value ) {
		if ( $value === $now['meta'][ $key ] ) {
			continue;
		}
		if ( $item['tags'] && $item['tags']['key'] === $key ) {
			usher_set_tags( $item['tags'], $user_id, $value );
		} elseif ( null === $value ) {
			delete_user_meta( $user_id, usher_meta_key( $key ) );
		} else {
			update_user_meta( $user_id, usher_meta_key( $key ), wp_slash( $value ) );
		}
	}
}

function usher_set_roles( $user_id, array $wanted, array $now ) {
	$user = new WP_User( $user_id );
	if ( count( $wanted ) < 2 ) {
		$user->set_role( (string) current( $wanted ) );
		return;
	}
	foreach ( array_diff( $wanted, $now ) as $role ) {
		$user->add_role( $role );
	}
	foreach ( array_diff( $now, $wanted ) as $role ) {
		$user->remove_role( $role );
	}
}

/** Through WP Fusion where it is connected to that CRM: course and membership plugins listen to it. */
function usher_set_tags( array $tags, $user_id, array $values ) {
	if ( usher_fusion_crm() === $tags['crm'] && isset( wp_fusion()->user ) && method_exists( wp_fusion()->user, 'set_tags' ) ) {
		wp_fusion()->user->set_tags( $values, $user_id );
	}
	if ( get_user_meta( $user_id, usher_meta_key( $tags['key'] ), true ) !== $values ) {
		update_user_meta( $user_id, usher_meta_key( $tags['key'] ), wp_slash( $values ) );
	}
}

/* What was done already. */

function usher_op_key( $op ) {
	return USHER_OP_PREFIX . substr( hash( 'sha256', $op ), 0, 40 );
}

/** Finds an op on whomever it was done: the item may name an e-mail address the op itself has changed. */
function usher_recorded( $op ) {
	global $wpdb;
	$row = $wpdb->get_row( $wpdb->prepare( "SELECT user_id, meta_value FROM $wpdb->usermeta WHERE meta_key = %s LIMIT 1", usher_op_key( $op ) ) );
	if ( ! $row || ! usher_user( (int) $row->user_id ) ) {
		return null;
	}
	return array(
		'user_id' => (int) $row->user_id,
		'answer'  => (array) json_decode( $row->meta_value ),
	);
}

function usher_again( array $answer ) {
	if ( isset( $answer['mail'] ) && 'sending' === $answer['mail'] ) {
		$answer['mail'] = 'unknown'; // PHP ended while sending: never twice.
	}
	return $answer;
}

function usher_record( $user_id, $op, array $answer ) {
	global $wpdb;
	update_user_meta( $user_id, usher_op_key( $op ), wp_slash( wp_json_encode( $answer ) ) );
	$like = $wpdb->esc_like( USHER_OP_PREFIX ) . '%';
	$old  = $wpdb->get_col( $wpdb->prepare( "SELECT umeta_id FROM $wpdb->usermeta WHERE user_id = %d AND meta_key LIKE %s ORDER BY umeta_id DESC LIMIT %d, 100", $user_id, $like, USHER_OPS_KEPT ) );
	foreach ( $old as $id ) {
		delete_metadata_by_mid( 'user', (int) $id );
	}
}

/** Sends WordPress's own mail to a new user and says what became of it: sent, failed, or stopped by a plugin. */
function usher_mail( $user_id ) {
	$tried   = 0;
	$failed  = 0;
	$trying  = static function ( $mail ) use ( &$tried ) {
		++$tried;
		return $mail;
	};
	$failing = static function () use ( &$failed ) {
		++$failed;
	};
	add_filter( 'wp_mail', $trying );
	add_action( 'wp_mail_failed', $failing );
	try {
		wp_new_user_notification( $user_id, null, 'user' );
	} catch ( Throwable $broken ) {
		++$failed;
	} finally {
		remove_filter( 'wp_mail', $trying );
		remove_action( 'wp_mail_failed', $failing );
	}
	if ( $failed ) {
		return 'failed';
	}
	return $tried ? 'sent' : 'stopped';
}
