# Works at a Request Tracker as its people do, by RT's own code: one request a line on standard input, one answer a
# line on standard output, both JSON. Requests are ["operation", {arguments}]; an answer is what the operation gives, or
# {"error": text}. RT_SITE_CONFIG and RT_SITE_CONFIG_DIR say which database.
use strict;
use warnings;
use utf8;
use lib '/usr/share/request-tracker5/lib', '/usr/local/share/request-tracker5/lib';
use RT -init;
use JSON;

binmode STDOUT;
$| = 1;
my $system = RT->SystemUser;
my %custom_fields;    # name => id, once asked for

# RT answers (id or 0, message).
sub done {
    my ($ok, $message) = @_;
    die(($message // 'refused') . "\n") unless $ok;
    return $ok;
}

sub person {
    my $name = shift;
    return $system unless defined $name;
    my $user = RT::CurrentUser->new;
    $user->Load($name);
    die "there is no user $name\n" unless $user->id;
    return $user;
}

# A ticket as the one sees it who asks; by LoadById, since Load follows merges.
sub ticket {
    my $args   = shift;
    my $ticket = RT::Ticket->new(person($args->{by}));
    done($ticket->LoadById($args->{id}));
    return $ticket;
}

sub user {
    my $name = shift;
    my $user = RT::User->new($system);
    done($user->Load($name));
    return $user;
}

sub custom_field {
    my $name = shift;
    return $custom_fields{$name} //= do {
        my $field = RT::CustomField->new($system);
        done($field->LoadByName(Name => $name, LookupType => 'RT::Queue-RT::Ticket'));
        $field->id;
    };
}

my %operations = (
    user => sub {
        my $user = RT::User->new($system);
        return done($user->Create(%{ $_[0] }));
    },
    grant => sub {
        my $args = shift;
        my $user = user($args->{name});
        done($user->PrincipalObj->GrantRight(Right => $_, Object => RT->System)) for @{ $args->{rights} };
        return 1;
    },
    set_user => sub {
        my $args  = shift;
        my $field = 'Set' . $args->{field};
        return done(user($args->{name})->$field($args->{value}));
    },
    queue => sub {
        my $queue = RT::Queue->new($system);
        return done($queue->Create(%{ $_[0] }));
    },
    rename_queue => sub {
        my $queue = RT::Queue->new($system);
        done($queue->Load($_[0]->{id}));
        return done($queue->SetName($_[0]->{name}));
    },
    custom_field => sub {
        my $field = RT::CustomField->new($system);
        done($field->Create(LookupType => 'RT::Queue-RT::Ticket', %{ $_[0] }));
        return done($field->AddToObject(RT::Queue->new($system)));
    },
    create => sub {
        my %args   = %{ $_[0] };
        my $ticket = RT::Ticket->new(person(delete $args{by}));
        my $fields = delete $args{fields} // {};
        $args{ 'CustomField-' . custom_field($_) } = $fields->{$_} for keys %$fields;
        my ($id, undef, $message) = $ticket->Create(%args);
        return done($id, $message);
    },
    status    => sub { done(ticket($_[0])->SetStatus($_[0]->{to})) },
    priority  => sub { done(ticket($_[0])->SetPriority($_[0]->{to})) },
    move      => sub { done(ticket($_[0])->SetQueue($_[0]->{to})) },
    subject   => sub { done(ticket($_[0])->SetSubject($_[0]->{to})) },
    due       => sub { done(ticket($_[0])->SetDue($_[0]->{to})) },
    worked    => sub { done(ticket($_[0])->SetTimeWorked($_[0]->{to})) },
    take      => sub { done(ticket($_[0])->Take) },
    steal     => sub { done(ticket($_[0])->Steal) },
    give      => sub { done(ticket($_[0])->SetOwner($_[0]->{to})) },
    merge     => sub { done(ticket($_[0])->MergeInto($_[0]->{to})) },
    requestor => sub { done(ticket($_[0])->AddWatcher(Type => 'Requestor', PrincipalId => user($_[0]->{to})->id)) },
    no_requestor =>
        sub { done(ticket($_[0])->DeleteWatcher(Type => 'Requestor', PrincipalId => user($_[0]->{to})->id)) },
    field => sub {
        done(ticket($_[0])->AddCustomFieldValue(Field => custom_field($_[0]->{name}), Value => $_[0]->{to}));
    },
    no_field => sub {
        done(ticket($_[0])->DeleteCustomFieldValue(Field => custom_field($_[0]->{name}), Value => $_[0]->{to}));
    },
    remind => sub {
        my $args  = shift;
        my $owner = user($args->{to});
        return done(ticket($args)->Reminders->Add(Subject => $args->{subject}, Owner => $owner->id));
    },
    write => sub {
        my $args   = shift;
        my $method = $args->{kind};    # Correspond or Comment
        return done(ticket($args)->$method(Content => $args->{content}, TimeTaken => $args->{minutes} // 0));
    },
    rows => sub {
        my $rows = RT->DatabaseHandle->dbh->selectall_arrayref($_[0]->{sql});
        # MariaDB's driver gives UTF-8 as bytes, which RT decodes as late as it can.
        for my $row (@$rows) {
            for my $value (@$row) { utf8::decode($value) if defined $value }
        }
        return $rows;
    },
    sql  => sub { RT->DatabaseHandle->dbh->do($_[0]->{sql}) + 0 },
);

my $json = JSON->new->utf8->allow_nonref;
while (my $line = <STDIN>) {
    my ($name, $args) = @{ $json->decode($line) };
    my $answer = eval { ($operations{$name} // die "there is no operation $name\n")->($args) };
    $answer = { error => $@ } if $@;
    print $json->encode($answer), "\n";
}
