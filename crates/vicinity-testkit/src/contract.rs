//! What every engine of a port keeps, as sentences that are tests.
//!
//! A test crate writes `hub_store_contract!(|folder| SqliteHub::open(folder, &key, [7; 16]).unwrap())` and gets one `#[test]`
//! a sentence, each on an engine of its own in a folder of its own.

pub mod advocacy;
pub mod alerts;
pub mod board;
pub mod countries;
pub mod device_delivery;
pub mod device_erasing;
pub mod device_leaving;
pub mod device_once;
pub mod device_outbox;
pub mod device_statements;
pub mod forms;
pub mod hub_accepting;
pub mod hub_cursors;
pub mod hub_devices;
pub mod hub_erasing;
pub mod hub_feed;
pub mod hub_projections;
pub mod hub_rebase;
pub mod hub_scope;
pub mod hub_statements;
pub mod hub_times;
pub mod national;
pub mod reached;
pub mod review;
mod stage;
pub mod tables;

/// Makes one `#[test]` of each sentence named.
#[doc(hidden)]
#[macro_export]
macro_rules! sentences {
    ($make:expr, $module:ident: $($sentence:ident)*) => {
        $(
            #[test]
            fn $sentence() {
                $crate::contract::$module::$sentence($make);
            }
        )*
    };
}

/// The contract of [`HubStore`](vicinity_store::hub::HubStore).
#[macro_export]
macro_rules! hub_store_contract {
    ($make:expr) => {
        $crate::sentences! { $make, advocacy:
            a_log_is_read_by_days_and_takes_no_more_than_its_bound
        }
        $crate::sentences! { $make, board:
            the_board_shows_open_ones_first_and_the_most_urgent_of_them
            whoever_is_held_since_minutes_stands_before_what_was_missed_long_ago_and_that_is_not_counted_as_overdue
            incidents_are_found_by_the_beginning_of_their_ids
            each_filter_leaves_what_it_names
            time_alone_moves_an_incident_once_the_board_is_worked_out_anew
            what_a_clock_ahead_moved_moves_back_when_the_clock_is_right
            every_incident_is_counted_by_month_area_and_code_whatever_was_agreed_to
            a_zone_that_is_set_later_works_every_place_out_anew
            a_change_at_the_board_keeps_who_made_it_and_a_refused_one_its_reason
            changes_that_wait_are_counted_by_the_device_that_brought_them
            the_areas_of_the_board_are_those_that_incidents_name
            only_those_who_agreed_are_in_counts_that_leave_and_in_rows
            a_question_of_national_is_asked_here_until_it_was_answered
            steps_under_one_commit_are_undone_one_by_one
            an_incident_knows_who_names_it_until_the_other_is_erased
            incidents_with_conflicts_are_listed_up_to_a_number
        }
        $crate::sentences! { $make, reached:
            months_are_sent_until_national_has_them_as_they_are
        }
        $crate::sentences! { $make, tables:
            who_agreed_to_be_counted_is_in_the_tables_and_nobody_else
            an_incident_is_seen_once_a_responder_wrote_in_it
            what_differs_is_told_by_survivors
            a_withdrawal_and_an_erasure_take_an_incident_out_of_the_tables
            a_duplicate_is_not_counted_while_the_other_is_here
            what_is_counted_elsewhere_is_counted_again_when_the_other_goes
            what_national_lost_goes_again_though_nothing_changed
        }
        $crate::sentences! { $make, forms:
            the_last_forms_of_a_person_are_remembered_also_when_the_store_is_opened_again
        }
        $crate::sentences! { $make, alerts:
            alerts_stand_until_they_end_or_are_withdrawn
            an_alert_that_ended_is_deleted_days_later_and_only_when_that_is_asked
            alerts_of_a_hub_are_counted_and_others_cannot_be_withdrawn
        }
        $crate::sentences! { $make, hub_accepting:
            an_accepted_change_is_in_the_feed_and_in_the_view
            accepting_twice_gives_duplicates_and_changes_nothing
            what_is_known_is_said_so_without_loading_anything
            groups_of_one_document_load_it_once_and_each_change_keeps_its_verdict
            what_it_will_cost_is_known_before_anything_is_loaded
            a_reused_number_of_an_actor_is_refused_and_the_rest_of_the_batch_lands
            an_actor_of_another_device_is_refused_and_its_owner_goes_on
            a_device_may_relay_what_another_wrote
            orphans_wait_and_are_taken_when_their_ancestors_come
            at_most_64_orphans_of_an_incident_wait
            an_orphan_that_turns_out_bad_stops_waiting
            an_incident_without_consent_is_refused_and_leaves_nothing
            what_is_refused_is_kept_with_its_reason
            incidents_are_walked_in_the_order_of_their_ids
            a_group_commit_keeps_what_its_steps_did
            settings_are_kept
        }
        $crate::sentences! { $make, hub_devices:
            a_code_enrols_one_device_and_gives_it_the_same_answer_again
            a_device_is_called_what_its_invitation_says_until_somebody_changes_it
            an_expired_or_unknown_code_enrols_nobody
            a_code_that_a_clock_ahead_made_is_good_for_ten_minutes_from_the_first_look
            a_device_that_enrols_anew_keeps_its_number_and_takes_its_new_role
            a_counter_must_rise_within_a_life_and_lives_count_apart
            a_counter_from_two_to_the_63rd_is_refused_and_moves_nothing
            a_device_has_so_many_lives_and_the_old_ones_go_on
            a_device_that_never_enrolled_is_unknown
            asking_what_was_heard_of_a_life_changes_nothing
            devices_are_listed_with_what_is_known_of_their_clocks
            a_revoked_device_is_not_let_in_and_cannot_enrol_again
        }
        $crate::sentences! { $make, hub_erasing:
            what_was_erased_is_nowhere_at_the_hub_and_the_feed_keeps_its_places
            nothing_brings_back_what_was_erased
            everybody_who_may_hold_it_is_ordered_until_that_life_of_the_device_confirms
            a_revoked_device_that_may_hold_it_is_listed
            a_device_that_shows_what_was_erased_is_told_again
            an_erasure_takes_the_projection_back_and_forgets_it_once_national_confirmed
            a_hub_that_does_not_know_of_an_erasure_learns_of_it
            what_a_device_has_at_the_hub_is_counted_and_given_back_by_an_erasure
            a_withdrawal_of_hub_response_recalls_the_incident_and_a_later_grant_does_not_bring_it_back
            what_comes_withdrawn_is_ordered_of_nobody_but_its_sender
            what_a_phone_lets_go_of_and_brings_back_counts_in_its_share
            of_a_device_that_begins_many_lives_the_newest_receipts_are_kept
            a_grant_that_names_the_withdrawal_in_the_same_batch_keeps_the_incident
            digests_agree_after_an_erasure
        }
        $crate::sentences! { $make, hub_cursors:
            a_cursor_that_somebody_made_up_is_refused_and_nothing_changes
            a_cursor_of_the_hubs_own_that_does_not_fit_marks_it_as_restored
            a_device_that_lost_its_state_is_told_of_what_it_had_and_of_nothing_else
        }
        $crate::sentences! { $make, hub_feed:
            a_cursor_of_another_epoch_or_chain_or_beyond_the_head_is_refused
            pulling_by_small_pages_gives_everything_once_and_ends
            a_life_of_a_device_is_not_given_what_it_pushed_and_another_life_is
            responders_are_told_who_wrote_and_educators_are_not
            ancestors_are_asked_for_while_a_pushed_change_waits
            digests_of_hub_and_device_agree_after_an_exchange
        }
        $crate::sentences! { $make, hub_projections:
            nothing_is_projected_without_consent
            a_version_rises_when_the_projection_changes_and_only_then
            a_withdrawal_retracts_and_a_grant_that_saw_it_brings_back
            a_consent_that_ends_by_its_date_retracts
            what_national_has_is_not_sent_again
            a_row_that_a_clock_ahead_took_back_comes_again_when_the_clock_is_right
            where_national_is_ahead_the_row_goes_above_it
            a_version_that_no_hub_can_have_written_is_taken_for_a_refusal
            a_question_is_kept_once_and_its_answer_reported_until_confirmed
            an_area_beyond_the_first_thirty_leaves_as_unknown
            a_list_of_areas_counts_alone_and_makes_rows_anew
        }
        $crate::sentences! { $make, hub_times:
            an_action_of_a_slow_clock_is_read_with_that_clock_s_skew
            what_comes_by_a_file_or_through_others_has_no_known_interval
            a_time_that_was_typed_is_not_corrected
            a_month_that_cannot_be_is_unknown_until_somebody_corrects_it
            a_zone_that_is_set_later_changes_what_national_is_told
        }
        $crate::sentences! { $make, hub_rebase:
            a_rebase_gives_what_the_sender_lacks
            a_rebase_asks_for_what_the_hub_lacks
            a_rebase_gives_nothing_for_equal_heads
            a_rebase_by_small_pages_gives_everything_once_and_ends
            a_rebase_keeps_to_its_stretch_of_ids
        }
        $crate::sentences! { $make, hub_scope:
            an_educator_sees_her_own_and_not_what_others_logged
            an_educator_cannot_write_to_what_is_not_hers
            an_educator_is_not_asked_about_what_is_not_hers
            another_incident_under_the_same_id_is_refused_whoever_sends_it
            an_assigned_incident_arrives_whole_whatever_the_cursor
            an_incident_assigned_while_a_device_was_away_arrives_once
            an_incident_taken_back_is_removed
            a_rebase_removes_what_left_the_scope
            assigning_needs_a_device_and_an_incident
            the_digest_of_an_educator_is_over_her_scope
            what_a_phone_lets_go_of_leaves_its_scope_and_stays_at_the_hub
            a_phone_lets_go_of_nothing_but_what_both_hold_alike
            what_a_phone_let_go_of_comes_back_when_something_new_is_stored
            what_a_phone_let_go_of_and_was_taken_back_stays_away
        }
        $crate::sentences! { $make, hub_statements:
            a_blob_grows_piece_by_piece_and_a_wrong_piece_changes_nothing
            a_device_has_its_share_and_no_more
            a_batch_taken_apart_is_given_statement_by_statement
            an_erased_statement_is_gone_with_its_keys
            what_is_under_way_is_forgotten_when_an_incident_of_its_writer_is_erased
            what_is_under_way_is_forgotten_when_its_device_is_revoked_or_brings_no_more
            what_was_noted_of_batches_counts_and_is_known_who_brought_a_statement
            batches_keys_are_wrapped_anew_to_newer_sets_only
            only_responders_keys_are_sealed_to
            an_incident_is_in_scope_for_its_educator_and_for_responders
            readings_are_noted_in_a_chain
        }
    };
}

/// The contract of [`DeviceStore`](vicinity_store::device::DeviceStore).
#[macro_export]
macro_rules! device_store_contract {
    ($make:expr) => {
        $crate::sentences! { $make, device_outbox:
            what_was_written_is_in_the_view_and_in_the_outbox
            an_outbox_keeps_what_is_not_acknowledged
            an_outbox_by_small_pages_gives_everything_once_and_ends
            an_incident_without_consent_is_held_back_until_it_is_granted
            what_a_clock_ahead_held_back_may_leave_when_the_clock_is_right
            the_withdrawal_of_what_was_shared_is_sent
            what_the_hub_gives_back_it_has
            consent_given_later_travels_with_the_incident
            statements_never_leave
            what_a_hub_lacks_is_given_from_the_whole_document
            what_others_wrote_is_given_as_relayed
            survivor_codes_wait_for_their_key
        }
        $crate::sentences! { $make, device_delivery:
            changes_from_the_hub_are_in_the_view_and_not_in_the_outbox
            a_delivery_counts_what_was_new
            what_waits_for_ancestors_is_taken_when_they_come
            a_refused_change_is_counted_and_not_sent_again
            what_was_refused_for_want_of_consent_stays_in_the_outbox
            a_cursor_moves_with_what_it_stands_for
            only_shared_documents_count_in_heads_and_digest
            heads_come_in_pages_by_id
            a_removed_incident_is_gone
            a_removed_incident_with_unsent_work_or_a_statement_stays
            a_change_knows_its_author
            facts_are_kept_and_forgotten
        }
        $crate::sentences! { $make, device_leaving:
            what_the_hub_has_leaves_after_14_days_without_a_change
            what_the_hub_lacks_in_part_does_not_leave
            a_clock_set_back_begins_the_days_anew
            what_left_is_known_until_it_comes_back_or_is_erased
        }
        $crate::sentences! { $make, device_erasing:
            what_is_erased_goes_with_unsent_work_and_statements
            what_was_erased_is_not_taken_and_not_written_again
            erasures_are_told_until_the_hub_knows_and_all_anew_when_asked
        }
        $crate::sentences! { $make, device_once:
            an_incident_with_an_id_is_logged_once_and_other_content_is_refused
            an_id_that_was_erased_or_left_is_not_logged_again
            a_run_that_was_cut_off_is_gone_on_with
            a_finished_run_is_over_and_the_very_same_again_is_told
            what_a_run_logged_and_was_erased_since_is_not_logged_again
            hashes_go_with_their_incident
            only_so_many_runs_are_kept_open
            a_photo_is_attached_once_to_an_incident
            an_incident_of_which_the_hub_has_another_stays_here_unmerged_and_unsent
        }
        $crate::sentences! { $make, device_statements:
            a_statement_is_sealed_delivered_and_forgotten
            what_the_hub_does_not_take_is_unsealed_again
            a_batch_with_a_statement_that_was_erased_is_sealed_anew_without_it
            all_batches_that_wait_are_listed_smallest_first
            a_photo_or_recording_is_carried_and_is_no_text
        }
    };
}

/// The contract of [`NationalStore`](vicinity_store::national::NationalStore).
#[macro_export]
macro_rules! national_store_contract {
    ($make:expr) => {
        $crate::sentences! { $make, advocacy:
            a_log_is_read_by_days_and_takes_no_more_than_its_bound
            national_keeps_a_log_of_its_own_and_those_of_hubs_apart
            a_log_of_a_hundred_hubs_comes_page_by_page_each_action_once
        }
        $crate::sentences! { $make, countries:
            a_month_is_published_once_and_what_comes_late_changes_nothing
            a_country_enrols_by_its_code_and_its_first_word_on_a_month_stands
            a_revoked_country_has_no_more_to_say_and_what_it_said_stays
        }
        $crate::sentences! { $make, reached:
            national_keeps_what_each_hub_said_last
        }
        $crate::sentences! { $make, tables:
            national_adds_up_what_its_hubs_counted_and_keeps_no_older_version
            parts_count_together_once_the_last_has_come
            counts_do_not_come_from_rows
        }
        $crate::sentences! { $make, forms:
            the_last_forms_of_a_person_are_remembered_also_when_the_store_is_opened_again
        }
        $crate::sentences! { $make, review:
            a_review_is_kept_with_its_row
            the_hub_of_a_duplicate_learns_of_the_other_row_and_when_that_goes
            a_row_that_comes_again_as_it_was_did_not_change
            a_row_that_changes_after_it_was_verified_comes_back_to_the_queue
            news_are_what_came_after_the_last_look
            rows_with_much_in_common_may_be_the_same_incident
            a_row_that_was_withdrawn_is_in_no_queue_and_in_the_news_once
            the_months_of_rows_and_the_questions_about_one_are_told
        }
        $crate::sentences! { $make, alerts:
            national_gives_a_hub_others_alerts_for_its_areas
        }
        $crate::sentences! { $make, national:
            the_highest_version_stays
            an_older_version_cannot_bring_back_what_was_retracted
            a_hub_cannot_write_to_the_projection_of_another
            the_areas_of_a_hub_are_those_that_its_standing_rows_name
            projections_are_listed_by_id_and_month
            a_question_goes_to_its_hub_until_it_was_received
            an_answer_counts_only_from_the_hub_that_was_asked
            a_code_enrols_one_hub
            a_hub_is_called_what_its_invitation_says_until_somebody_changes_it
            a_code_for_a_hub_that_a_clock_ahead_made_is_good_for_ten_minutes
            a_report_with_a_counter_that_does_not_rise_is_a_replay
            a_counter_or_a_version_from_two_to_the_63rd_is_refused
            a_revoked_hub_is_let_in_again_by_a_new_code_and_another_key_only
            what_is_set_is_kept
        }
    };
}
