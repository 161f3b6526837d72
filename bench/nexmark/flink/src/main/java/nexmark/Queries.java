package nexmark;

import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple;
import org.apache.flink.api.java.tuple.Tuple10;
import org.apache.flink.api.java.tuple.Tuple13;
import org.apache.flink.api.java.tuple.Tuple15;
import org.apache.flink.api.java.tuple.Tuple16;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.api.java.tuple.Tuple4;
import org.apache.flink.api.java.tuple.Tuple5;
import org.apache.flink.api.java.tuple.Tuple7;
import org.apache.flink.api.java.tuple.Tuple8;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.co.KeyedCoProcessFunction;
import org.apache.flink.streaming.api.functions.windowing.ProcessAllWindowFunction;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.EventTimeSessionWindows;
import org.apache.flink.streaming.api.windowing.assigners.SlidingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.assigners.TumblingProcessingTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The Nexmark queries on the DataStream API. Semantics and output schemas: those of the queries beside.
 * Object reuse is on. Every keyed operator here reads a network edge, which always hands out fresh objects, so state may keep them uncopied.
 */
public class Queries {
    static final Map<String, String> SCHEMAS = new HashMap<>();
    private static final Map<String, Integer> KEYS = Map.of("q4", 1, "q15", 1, "q16", 2, "q17", 2, "q18", 2, "q19", 2);

    static {
        String distinct = "total_bids rank1_bids rank2_bids rank3_bids total_bidders rank1_bidders rank2_bidders rank3_bidders "
                + "total_auctions rank1_auctions rank2_auctions rank3_auctions";
        String[][] schemas = {
                {"q0", "auction bidder price dateTime extra"},
                {"q1", "auction bidder price dateTime extra"},
                {"q2", "auction price"},
                {"q3", "name city state id"},
                {"q4", "category final"},
                {"q5", "auction num starttime endtime"},
                {"q7", "auction bidder price dateTime extra"},
                {"q8", "id name starttime endtime"},
                {"q9", "id itemName description initialBid reserve dateTime expires seller category extra auction bidder price bid_dateTime bid_extra"},
                {"q11", "bidder bid_count starttime endtime"},
                {"q12", "bidder bid_count starttime endtime"},
                {"q13", "auction bidder price dateTime value"},
                {"q14", "auction bidder price bidTimeType dateTime extra c_counts"},
                {"q15", "day " + distinct},
                {"q16", "channel day minute " + distinct},
                {"q17", "auction day total_bids rank1_bids rank2_bids rank3_bids min_price max_price avg_price sum_price"},
                {"q18", "auction bidder price channel url dateTime extra"},
                {"q19", "auction rank_number bidder price channel url dateTime extra"},
                {"q20", "auction bidder price channel url bid_dateTime bid_extra itemName description initialBid reserve auction_dateTime expires seller category auction_extra"},
                {"q21", "auction bidder price channel channel_id"},
                {"q22", "auction bidder price channel dir1 dir2 dir3"},
        };
        for (String[] s : schemas) SCHEMAS.put(s[0], s[1]);
        SCHEMAS.put("q5s", SCHEMAS.get("q5"));
    }

    private final DataStream<Event> events;
    private final String query, file;

    Queries(DataStream<Event> events, String query, String file) {
        this.events = events;
        this.query = query;
        this.file = file;
    }

    private <T extends Tuple> void sink(DataStream<T> rows) {
        rows.sinkTo(new Results<>(file, SCHEMAS.get(query).split(" "), KEYS.getOrDefault(query, 0)));
    }

    static final TypeInformation<Bid> BID = TypeInformation.of(Bid.class);
    static final TypeInformation<Auction> AUCTION = TypeInformation.of(Auction.class);

    private DataStream<Bid> bids() {
        return events.<Bid>flatMap((e, out) -> { if (e.kind == Event.BID) out.collect(e.bid); }).returns(BID);
    }

    private DataStream<Auction> auctions() {
        return events.<Auction>flatMap((e, out) -> { if (e.kind == Event.AUCTION) out.collect(e.auction); }).returns(AUCTION);
    }

    void build() {
        switch (query) {
            case "q0" -> q0();
            case "q1" -> q1();
            case "q2" -> q2();
            case "q3" -> q3();
            case "q4" -> q4();
            case "q5" -> q5(false);
            case "q5s" -> q5(true);
            case "q7" -> q7();
            case "q8" -> q8();
            case "q9" -> q9();
            case "q11" -> q11();
            case "q12" -> q12();
            case "q13" -> q13();
            case "q14" -> q14();
            case "q15" -> q15();
            case "q16" -> q16();
            case "q17" -> q17();
            case "q18" -> q18();
            case "q19" -> q19();
            case "q20" -> q20();
            case "q21" -> q21();
            case "q22" -> q22();
            default -> throw new IllegalArgumentException(query);
        }
    }

    private void q0() {
        sink(bids().map(b -> Tuple5.of(b.auction, b.bidder, b.price, b.dateTime, b.extra))
                .returns(Types.TUPLE(Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.STRING)));
    }

    private void q1() {
        sink(bids().map(b -> Tuple5.of(b.auction, b.bidder, 0.908 * b.price, b.dateTime, b.extra))
                .returns(Types.TUPLE(Types.LONG, Types.LONG, Types.DOUBLE, Types.LONG, Types.STRING)));
    }

    private void q2() {
        sink(bids().filter(b -> b.auction % 123 == 0).map(b -> Tuple2.of(b.auction, b.price)).returns(Types.TUPLE(Types.LONG, Types.LONG)));
    }

    private void q3() {
        DataStream<Tuple2<Long, Long>> auctions = events.<Tuple2<Long, Long>>flatMap((e, out) -> {
            if (e.kind == Event.AUCTION && e.auction.category == 10) out.collect(Tuple2.of(e.auction.seller, e.auction.id));
        }).returns(Types.TUPLE(Types.LONG, Types.LONG));
        DataStream<Tuple4<Long, String, String, String>> persons = events.<Tuple4<Long, String, String, String>>flatMap((e, out) -> {
            if (e.kind != Event.PERSON) return;
            Person p = e.person;
            if (p.state.equals("OR") || p.state.equals("ID") || p.state.equals("CA")) out.collect(Tuple4.of(p.id, p.name, p.city, p.state));
        }).returns(Types.TUPLE(Types.LONG, Types.STRING, Types.STRING, Types.STRING));
        sink(auctions.keyBy(a -> a.f0, Types.LONG).connect(persons.keyBy(p -> p.f0, Types.LONG)).process(new SellerJoin())
                .returns(Types.TUPLE(Types.STRING, Types.STRING, Types.STRING, Types.LONG)));
    }

    static class SellerJoin extends KeyedCoProcessFunction<Long, Tuple2<Long, Long>, Tuple4<Long, String, String, String>, Tuple4<String, String, String, Long>> {
        private transient ValueState<Tuple4<Long, String, String, String>> person;
        private transient ListState<Long> waiting;

        @Override
        public void open(OpenContext c) {
            person = getRuntimeContext().getState(new ValueStateDescriptor<>("person", Types.TUPLE(Types.LONG, Types.STRING, Types.STRING, Types.STRING)));
            waiting = getRuntimeContext().getListState(new ListStateDescriptor<>("waiting", Types.LONG));
        }

        @Override
        public void processElement1(Tuple2<Long, Long> a, Context c, Collector<Tuple4<String, String, String, Long>> out) throws Exception {
            Tuple4<Long, String, String, String> p = person.value();
            if (p == null) waiting.add(a.f1);
            else out.collect(Tuple4.of(p.f1, p.f2, p.f3, a.f1));
        }

        @Override
        public void processElement2(Tuple4<Long, String, String, String> p, Context c, Collector<Tuple4<String, String, String, Long>> out) throws Exception {
            person.update(p);
            for (long id : waiting.get()) out.collect(Tuple4.of(p.f1, p.f2, p.f3, id));
            waiting.clear();
        }
    }

    // q4, q9: an auction is closed when the watermark passes its expiry; state of closed auctions is dropped.

    private void q4() {
        DataStream<Tuple4<Long, Long, Long, Long>> auctions = events.<Tuple4<Long, Long, Long, Long>>flatMap((e, out) -> {
            if (e.kind == Event.AUCTION) out.collect(Tuple4.of(e.auction.id, e.auction.dateTime, e.auction.expires, e.auction.category));
        }).returns(Types.TUPLE(Types.LONG, Types.LONG, Types.LONG, Types.LONG));
        DataStream<Tuple3<Long, Long, Long>> bids = events.<Tuple3<Long, Long, Long>>flatMap((e, out) -> {
            if (e.kind == Event.BID) out.collect(Tuple3.of(e.bid.auction, e.bid.price, e.bid.dateTime));
        }).returns(Types.TUPLE(Types.LONG, Types.LONG, Types.LONG));
        sink(auctions.keyBy(a -> a.f0, Types.LONG).connect(bids.keyBy(b -> b.f0, Types.LONG)).process(new FinalPrice())
                .returns(Types.TUPLE(Types.LONG, Types.LONG))
                .keyBy(t -> t.f0, Types.LONG).process(new Average()).returns(Types.TUPLE(Types.LONG, Types.DOUBLE)));
    }

    static class FinalPrice extends KeyedCoProcessFunction<Long, Tuple4<Long, Long, Long, Long>, Tuple3<Long, Long, Long>, Tuple2<Long, Long>> {
        private transient ValueState<Tuple4<Long, Long, Long, Long>> auction;
        private transient ValueState<Long> best;
        private transient ListState<Tuple3<Long, Long, Long>> early;

        @Override
        public void open(OpenContext c) {
            auction = getRuntimeContext().getState(new ValueStateDescriptor<>("auction", Types.TUPLE(Types.LONG, Types.LONG, Types.LONG, Types.LONG)));
            best = getRuntimeContext().getState(new ValueStateDescriptor<>("best", Types.LONG));
            early = getRuntimeContext().getListState(new ListStateDescriptor<>("early", Types.TUPLE(Types.LONG, Types.LONG, Types.LONG)));
        }

        @Override
        public void processElement1(Tuple4<Long, Long, Long, Long> a, Context c, Collector<Tuple2<Long, Long>> out) throws Exception {
            auction.update(a);
            c.timerService().registerEventTimeTimer(a.f2);
            for (Tuple3<Long, Long, Long> b : early.get()) bid(a, b);
            early.clear();
        }

        @Override
        public void processElement2(Tuple3<Long, Long, Long> b, Context c, Collector<Tuple2<Long, Long>> out) throws Exception {
            Tuple4<Long, Long, Long, Long> a = auction.value();
            if (a != null) bid(a, b);
            else if (b.f2 > c.timerService().currentWatermark()) early.add(b);
        }

        private void bid(Tuple4<Long, Long, Long, Long> a, Tuple3<Long, Long, Long> b) throws Exception {
            if (b.f2 < a.f1 || b.f2 > a.f2) return;
            Long max = best.value();
            if (max == null || b.f1 > max) best.update(b.f1);
        }

        @Override
        public void onTimer(long time, OnTimerContext c, Collector<Tuple2<Long, Long>> out) throws Exception {
            Long max = best.value();
            if (max != null) out.collect(Tuple2.of(auction.value().f3, max));
            auction.clear();
            best.clear();
        }
    }

    static class Average extends KeyedProcessFunction<Long, Tuple2<Long, Long>, Tuple2<Long, Double>> {
        private transient ValueState<Tuple2<Long, Long>> sum;

        @Override
        public void open(OpenContext c) { sum = getRuntimeContext().getState(new ValueStateDescriptor<>("sum", Types.TUPLE(Types.LONG, Types.LONG))); }

        @Override
        public void processElement(Tuple2<Long, Long> t, Context c, Collector<Tuple2<Long, Double>> out) throws Exception {
            Tuple2<Long, Long> s = sum.value();
            s = s == null ? Tuple2.of(t.f1, 1L) : Tuple2.of(s.f0 + t.f1, s.f1 + 1);
            sum.update(s);
            out.collect(Tuple2.of(t.f0, (double) s.f0 / s.f1));
        }
    }

    static class Count<T> implements AggregateFunction<T, Long, Long> {
        @Override
        public Long createAccumulator() { return 0L; }

        @Override
        public Long add(T t, Long n) { return n + 1; }

        @Override
        public Long getResult(Long n) { return n; }

        @Override
        public Long merge(Long a, Long b) { return a + b; }
    }

    static class Sum implements AggregateFunction<Tuple2<Long, Long>, Long, Long> {
        @Override
        public Long createAccumulator() { return 0L; }

        @Override
        public Long add(Tuple2<Long, Long> t, Long n) { return n + t.f1; }

        @Override
        public Long getResult(Long n) { return n; }

        @Override
        public Long merge(Long a, Long b) { return a + b; }
    }

    /** (key, count, window start, window end) */
    static class WithWindow extends ProcessWindowFunction<Long, Tuple4<Long, Long, Long, Long>, Long, TimeWindow> {
        @Override
        public void process(Long key, Context c, Iterable<Long> n, Collector<Tuple4<Long, Long, Long, Long>> out) {
            out.collect(Tuple4.of(key, n.iterator().next(), c.window().getStart(), c.window().getEnd()));
        }
    }

    static class WithKey extends ProcessWindowFunction<Long, Tuple2<Long, Long>, Long, TimeWindow> {
        @Override
        public void process(Long key, Context c, Iterable<Long> n, Collector<Tuple2<Long, Long>> out) {
            out.collect(Tuple2.of(key, n.iterator().next()));
        }
    }

    static final TypeInformation<Tuple4<Long, Long, Long, Long>> COUNTED = Types.TUPLE(Types.LONG, Types.LONG, Types.LONG, Types.LONG);

    private DataStream<Long> bidAuctions() {
        return events.<Long>flatMap((e, out) -> { if (e.kind == Event.BID) out.collect(e.bid.auction); }).returns(Types.LONG);
    }

    private DataStream<Long> bidders() {
        return events.<Long>flatMap((e, out) -> { if (e.kind == Event.BID) out.collect(e.bid.bidder); }).returns(Types.LONG);
    }

    /** q5: five sliding windows per bid, as the window API does it. q5s: 2 s panes first, then the windows over pane counts. */
    private void q5(boolean sliced) {
        SlidingEventTimeWindows sliding = SlidingEventTimeWindows.of(Duration.ofSeconds(10), Duration.ofSeconds(2));
        DataStream<Tuple4<Long, Long, Long, Long>> counts = sliced
                ? bidAuctions().keyBy(a -> a, Types.LONG).window(TumblingEventTimeWindows.of(Duration.ofSeconds(2)))
                        .aggregate(new Count<>(), new WithKey(), Types.LONG, Types.LONG, Types.TUPLE(Types.LONG, Types.LONG))
                        .keyBy(t -> t.f0, Types.LONG).window(sliding).aggregate(new Sum(), new WithWindow(), Types.LONG, Types.LONG, COUNTED)
                : bidAuctions().keyBy(a -> a, Types.LONG).window(sliding).aggregate(new Count<>(), new WithWindow(), Types.LONG, Types.LONG, COUNTED);
        sink(counts.keyBy(t -> t.f3, Types.LONG).window(TumblingEventTimeWindows.of(Duration.ofSeconds(2)))
                .aggregate(new Hottest(), new Flatten<>(), Types.LIST(COUNTED), Types.LIST(COUNTED), COUNTED));
    }

    static class Hottest implements AggregateFunction<Tuple4<Long, Long, Long, Long>, List<Tuple4<Long, Long, Long, Long>>, List<Tuple4<Long, Long, Long, Long>>> {
        @Override
        public List<Tuple4<Long, Long, Long, Long>> createAccumulator() { return new ArrayList<>(2); }

        @Override
        public List<Tuple4<Long, Long, Long, Long>> add(Tuple4<Long, Long, Long, Long> t, List<Tuple4<Long, Long, Long, Long>> best) {
            if (!best.isEmpty()) {
                long max = best.get(0).f1;
                if (t.f1 < max) return best;
                if (t.f1 > max) best.clear();
            }
            best.add(t);
            return best;
        }

        @Override
        public List<Tuple4<Long, Long, Long, Long>> getResult(List<Tuple4<Long, Long, Long, Long>> best) { return best; }

        @Override
        public List<Tuple4<Long, Long, Long, Long>> merge(List<Tuple4<Long, Long, Long, Long>> a, List<Tuple4<Long, Long, Long, Long>> b) {
            for (Tuple4<Long, Long, Long, Long> t : b) a = add(t, a);
            return a;
        }
    }

    static class Flatten<T> extends ProcessWindowFunction<List<T>, T, Long, TimeWindow> {
        @Override
        public void process(Long key, Context c, Iterable<List<T>> lists, Collector<T> out) {
            for (List<T> list : lists) for (T t : list) out.collect(t);
        }
    }

    private void q7() {
        sink(bids().windowAll(TumblingEventTimeWindows.of(Duration.ofSeconds(10)))
                .aggregate(new Highest(), new Each(), Types.LIST(BID), Types.LIST(BID),
                        Types.TUPLE(Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.STRING)));
    }

    static class Highest implements AggregateFunction<Bid, List<Bid>, List<Bid>> {
        @Override
        public List<Bid> createAccumulator() { return new ArrayList<>(2); }

        @Override
        public List<Bid> add(Bid b, List<Bid> best) {
            if (!best.isEmpty()) {
                long max = best.get(0).price;
                if (b.price < max) return best;
                if (b.price > max) best.clear();
            }
            best.add(b);
            return best;
        }

        @Override
        public List<Bid> getResult(List<Bid> best) { return best; }

        @Override
        public List<Bid> merge(List<Bid> a, List<Bid> b) {
            for (Bid bid : b) a = add(bid, a);
            return a;
        }
    }

    static class Each extends ProcessAllWindowFunction<List<Bid>, Tuple5<Long, Long, Long, Long, String>, TimeWindow> {
        @Override
        public void process(Context c, Iterable<List<Bid>> lists, Collector<Tuple5<Long, Long, Long, Long, String>> out) {
            for (List<Bid> list : lists) for (Bid b : list) out.collect(Tuple5.of(b.auction, b.bidder, b.price, b.dateTime, b.extra));
        }
    }

    private void q8() {
        // One row per (person, window): a person (name set) and at least one auction (name empty) of the same id in the same window.
        sink(events.<Tuple2<Long, String>>flatMap((e, out) -> {
                    if (e.kind == Event.PERSON) out.collect(Tuple2.of(e.person.id, e.person.name));
                    else if (e.kind == Event.AUCTION) out.collect(Tuple2.of(e.auction.seller, ""));
                }).returns(Types.TUPLE(Types.LONG, Types.STRING))
                .keyBy(t -> t.f0, Types.LONG).window(TumblingEventTimeWindows.of(Duration.ofSeconds(10)))
                .aggregate(new PersonAndAuction(), new NewSeller(), Types.TUPLE(Types.STRING, Types.BOOLEAN), Types.TUPLE(Types.STRING, Types.BOOLEAN),
                        Types.TUPLE(Types.LONG, Types.STRING, Types.LONG, Types.LONG)));
    }

    static class PersonAndAuction implements AggregateFunction<Tuple2<Long, String>, Tuple2<String, Boolean>, Tuple2<String, Boolean>> {
        @Override
        public Tuple2<String, Boolean> createAccumulator() { return Tuple2.of("", false); }

        @Override
        public Tuple2<String, Boolean> add(Tuple2<Long, String> t, Tuple2<String, Boolean> acc) {
            if (t.f1.isEmpty()) acc.f1 = true;
            else acc.f0 = t.f1;
            return acc;
        }

        @Override
        public Tuple2<String, Boolean> getResult(Tuple2<String, Boolean> acc) { return acc; }

        @Override
        public Tuple2<String, Boolean> merge(Tuple2<String, Boolean> a, Tuple2<String, Boolean> b) {
            return Tuple2.of(a.f0.isEmpty() ? b.f0 : a.f0, a.f1 || b.f1);
        }
    }

    static class NewSeller extends ProcessWindowFunction<Tuple2<String, Boolean>, Tuple4<Long, String, Long, Long>, Long, TimeWindow> {
        @Override
        public void process(Long id, Context c, Iterable<Tuple2<String, Boolean>> accs, Collector<Tuple4<Long, String, Long, Long>> out) {
            for (Tuple2<String, Boolean> acc : accs) {
                if (acc.f1 && !acc.f0.isEmpty()) out.collect(Tuple4.of(id, acc.f0, c.window().getStart(), c.window().getEnd()));
            }
        }
    }

    private void q9() {
        sink(auctions().keyBy(a -> a.id, Types.LONG).connect(bids().keyBy(b -> b.auction, Types.LONG)).process(new WinningBid())
                .returns(Types.TUPLE(Types.LONG, Types.STRING, Types.STRING, Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.LONG,
                        Types.STRING, Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.STRING)));
    }

    static class WinningBid extends KeyedCoProcessFunction<Long, Auction, Bid,
            Tuple15<Long, String, String, Long, Long, Long, Long, Long, Long, String, Long, Long, Long, Long, String>> {
        private transient ValueState<Auction> auction;
        private transient ValueState<Tuple2<Long, Long>> open;
        private transient ValueState<Bid> best;
        private transient ListState<Bid> early;

        @Override
        public void open(OpenContext c) {
            auction = getRuntimeContext().getState(new ValueStateDescriptor<>("auction", AUCTION));
            open = getRuntimeContext().getState(new ValueStateDescriptor<>("open", Types.TUPLE(Types.LONG, Types.LONG)));
            best = getRuntimeContext().getState(new ValueStateDescriptor<>("best", BID));
            early = getRuntimeContext().getListState(new ListStateDescriptor<>("early", BID));
        }

        @Override
        public void processElement1(Auction a, Context c,
                Collector<Tuple15<Long, String, String, Long, Long, Long, Long, Long, Long, String, Long, Long, Long, Long, String>> out) throws Exception {
            auction.update(a);
            Tuple2<Long, Long> o = Tuple2.of(a.dateTime, a.expires);
            open.update(o);
            c.timerService().registerEventTimeTimer(a.expires);
            for (Bid b : early.get()) bid(o, b);
            early.clear();
        }

        @Override
        public void processElement2(Bid b, Context c,
                Collector<Tuple15<Long, String, String, Long, Long, Long, Long, Long, Long, String, Long, Long, Long, Long, String>> out) throws Exception {
            Tuple2<Long, Long> o = open.value();
            if (o != null) bid(o, b);
            else if (b.dateTime > c.timerService().currentWatermark()) early.add(b);
        }

        private void bid(Tuple2<Long, Long> o, Bid b) throws Exception {
            if (b.dateTime < o.f0 || b.dateTime > o.f1) return;
            Bid w = best.value();
            if (w == null || wins(b, w)) best.update(b);
        }

        /** Price, then the earlier bid, then the smaller bidder, then the smaller extra. */
        private static boolean wins(Bid b, Bid w) {
            if (b.price != w.price) return b.price > w.price;
            if (b.dateTime != w.dateTime) return b.dateTime < w.dateTime;
            if (b.bidder != w.bidder) return b.bidder < w.bidder;
            return b.extra.compareTo(w.extra) < 0;
        }

        @Override
        public void onTimer(long time, OnTimerContext c,
                Collector<Tuple15<Long, String, String, Long, Long, Long, Long, Long, Long, String, Long, Long, Long, Long, String>> out) throws Exception {
            Bid b = best.value();
            if (b != null) {
                Auction a = auction.value();
                out.collect(Tuple15.of(a.id, a.itemName, a.description, a.initialBid, a.reserve, a.dateTime, a.expires, a.seller, a.category, a.extra,
                        b.auction, b.bidder, b.price, b.dateTime, b.extra));
            }
            auction.clear();
            open.clear();
            best.clear();
        }
    }

    private void q11() {
        sink(bidders().keyBy(b -> b, Types.LONG).window(EventTimeSessionWindows.withGap(Duration.ofSeconds(10)))
                .aggregate(new Count<>(), new WithWindow(), Types.LONG, Types.LONG, COUNTED));
    }

    private void q12() {
        sink(bidders().keyBy(b -> b, Types.LONG).window(TumblingProcessingTimeWindows.of(Duration.ofSeconds(10)))
                .aggregate(new Count<>(), new WithWindow(), Types.LONG, Types.LONG, COUNTED));
    }

    private void q13() {
        Map<Long, String> side = new HashMap<>();
        for (long i = 0; i < 10000; i++) side.put(i, "side-" + i);
        HashMap<Long, String> table = new HashMap<>(side);
        sink(bids().map(b -> Tuple5.of(b.auction, b.bidder, b.price, b.dateTime, table.get(b.auction % 10000)))
                .returns(Types.TUPLE(Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.STRING)));
    }

    private void q14() {
        sink(events.<Tuple7<Long, Long, Double, String, Long, String, Long>>flatMap((e, out) -> {
            if (e.kind != Event.BID) return;
            Bid b = e.bid;
            double price = 0.908 * b.price;
            if (price <= 1000000 || price >= 50000000) return;
            long hour = Math.floorMod(b.dateTime / 3600000, 24L);
            String type = hour >= 8 && hour <= 18 ? "dayTime" : hour <= 6 || hour >= 20 ? "nightTime" : "otherTime";
            long c = 0;
            for (int i = 0; i < b.extra.length(); i++) if (b.extra.charAt(i) == 'c') c++;
            out.collect(Tuple7.of(b.auction, b.bidder, price, type, b.dateTime, b.extra, c));
        }).returns(Types.TUPLE(Types.LONG, Types.LONG, Types.DOUBLE, Types.STRING, Types.LONG, Types.STRING, Types.LONG)));
    }

    static int rank(long price) { return price < 10000 ? 1 : price < 1000000 ? 2 : 3; }

    /** yyyy-MM-dd, UTC */
    static String day(long epochDay) { return Instant.ofEpochSecond(epochDay * 86400).toString().substring(0, 10); }

    /** The 12 counts of q15 and q16 over one group: totals in one value, distinct bidders and auctions as bit masks per id. */
    static abstract class Distinct<K, I, O extends Tuple> extends KeyedProcessFunction<K, I, O> {
        protected transient ValueState<long[]> counts;
        private transient MapState<Long, Integer> bidders, auctions;

        @Override
        public void open(OpenContext c) {
            counts = getRuntimeContext().getState(new ValueStateDescriptor<>("counts", TypeInformation.of(long[].class)));
            bidders = getRuntimeContext().getMapState(new MapStateDescriptor<>("bidders", Types.LONG, Types.INT));
            auctions = getRuntimeContext().getMapState(new MapStateDescriptor<>("auctions", Types.LONG, Types.INT));
        }

        long[] count(long auction, long bidder, long price) throws Exception {
            long[] n = counts.value();
            if (n == null) n = new long[13];
            int rank = rank(price);
            n[0]++;
            n[rank]++;
            seen(bidders, bidder, rank, n, 4);
            seen(auctions, auction, rank, n, 8);
            return n;
        }

        private static void seen(MapState<Long, Integer> mask, long id, int rank, long[] n, int at) throws Exception {
            Integer m = mask.get(id);
            int old = m == null ? 0 : m, now = old | 1 | 1 << rank;
            if (now == old) return;
            mask.put(id, now);
            if ((old & 1) == 0) n[at]++;
            if ((old & 1 << rank) == 0) n[at + rank]++;
        }
    }

    private void q15() {
        sink(bids().map(b -> Tuple4.of(b.dateTime / 86400000, b.auction, b.bidder, b.price)).returns(COUNTED)
                .keyBy(t -> t.f0, Types.LONG).process(new PerDay())
                .returns(Types.TUPLE(Types.STRING, Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.LONG,
                        Types.LONG, Types.LONG, Types.LONG, Types.LONG)));
    }

    static class PerDay extends Distinct<Long, Tuple4<Long, Long, Long, Long>,
            Tuple13<String, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long>> {
        @Override
        public void processElement(Tuple4<Long, Long, Long, Long> b, Context c,
                Collector<Tuple13<String, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long>> out) throws Exception {
            long[] n = count(b.f1, b.f2, b.f3);
            counts.update(n);
            out.collect(Tuple13.of(day(b.f0), n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11]));
        }
    }

    private void q16() {
        sink(bids().map(b -> Tuple5.of(b.channel, b.dateTime / 60000, b.auction, b.bidder, b.price))
                .returns(Types.TUPLE(Types.STRING, Types.LONG, Types.LONG, Types.LONG, Types.LONG))
                .keyBy(t -> Tuple2.of(t.f0, t.f1 / 1440), Types.TUPLE(Types.STRING, Types.LONG)).process(new PerChannel())
                .returns(Types.TUPLE(Types.STRING, Types.STRING, Types.STRING, Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.LONG,
                        Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.LONG)));
    }

    static class PerChannel extends Distinct<Tuple2<String, Long>, Tuple5<String, Long, Long, Long, Long>,
            Tuple15<String, String, String, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long>> {
        @Override
        public void processElement(Tuple5<String, Long, Long, Long, Long> b, Context c,
                Collector<Tuple15<String, String, String, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long, Long>> out) throws Exception {
            long[] n = count(b.f2, b.f3, b.f4);
            long minute = b.f1 % 1440;
            n[12] = Math.max(n[12], minute);
            counts.update(n);
            long m = n[12];
            out.collect(Tuple15.of(b.f0, day(b.f1 / 1440), (m < 600 ? "0" : "") + m / 60 + (m % 60 < 10 ? ":0" : ":") + m % 60,
                    n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], n[11]));
        }
    }

    private void q17() {
        sink(bids().map(b -> Tuple3.of(b.auction, b.dateTime / 86400000, b.price)).returns(Types.TUPLE(Types.LONG, Types.LONG, Types.LONG))
                .keyBy(t -> Tuple2.of(t.f0, t.f1), Types.TUPLE(Types.LONG, Types.LONG)).process(new AuctionDay())
                .returns(Types.TUPLE(Types.LONG, Types.STRING, Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.DOUBLE, Types.LONG)));
    }

    static class AuctionDay extends KeyedProcessFunction<Tuple2<Long, Long>, Tuple3<Long, Long, Long>,
            Tuple10<Long, String, Long, Long, Long, Long, Long, Long, Double, Long>> {
        private transient ValueState<long[]> state;

        @Override
        public void open(OpenContext c) { state = getRuntimeContext().getState(new ValueStateDescriptor<>("counts", TypeInformation.of(long[].class))); }

        @Override
        public void processElement(Tuple3<Long, Long, Long> b, Context c,
                Collector<Tuple10<Long, String, Long, Long, Long, Long, Long, Long, Double, Long>> out) throws Exception {
            long[] n = state.value();
            if (n == null) n = new long[] {0, 0, 0, 0, Long.MAX_VALUE, Long.MIN_VALUE, 0};
            n[0]++;
            n[rank(b.f2)]++;
            n[4] = Math.min(n[4], b.f2);
            n[5] = Math.max(n[5], b.f2);
            n[6] += b.f2;
            state.update(n);
            out.collect(Tuple10.of(b.f0, day(b.f1), n[0], n[1], n[2], n[3], n[4], n[5], (double) n[6] / n[0], n[6]));
        }
    }

    static final TypeInformation<Tuple7<Long, Long, Long, String, String, Long, String>> WHOLE_BID =
            Types.TUPLE(Types.LONG, Types.LONG, Types.LONG, Types.STRING, Types.STRING, Types.LONG, Types.STRING);

    private void q18() {
        sink(bids().keyBy(b -> Tuple2.of(b.bidder, b.auction), Types.TUPLE(Types.LONG, Types.LONG)).process(new LastBid()).returns(WHOLE_BID));
    }

    static class LastBid extends KeyedProcessFunction<Tuple2<Long, Long>, Bid, Tuple7<Long, Long, Long, String, String, Long, String>> {
        private transient ValueState<Bid> last;

        @Override
        public void open(OpenContext c) { last = getRuntimeContext().getState(new ValueStateDescriptor<>("last", BID)); }

        /** Time, then price, then channel, then extra: the greatest wins. */
        private static boolean later(Bid b, Bid w) {
            if (b.dateTime != w.dateTime) return b.dateTime > w.dateTime;
            if (b.price != w.price) return b.price > w.price;
            int c = b.channel.compareTo(w.channel);
            return c != 0 ? c > 0 : b.extra.compareTo(w.extra) > 0;
        }

        @Override
        public void processElement(Bid b, Context c, Collector<Tuple7<Long, Long, Long, String, String, Long, String>> out) throws Exception {
            Bid w = last.value();
            if (w != null && !later(b, w)) return;
            last.update(b);
            out.collect(Tuple7.of(b.auction, b.bidder, b.price, b.channel, b.url, b.dateTime, b.extra));
        }
    }

    private void q19() {
        sink(bids().keyBy(b -> b.auction, Types.LONG).process(new TopTen())
                .returns(Types.TUPLE(Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.STRING, Types.STRING, Types.LONG, Types.STRING)));
    }

    static class TopTen extends KeyedProcessFunction<Long, Bid, Tuple8<Long, Long, Long, Long, String, String, Long, String>> {
        private transient ValueState<List<Bid>> top;

        @Override
        public void open(OpenContext c) { top = getRuntimeContext().getState(new ValueStateDescriptor<>("top", Types.LIST(BID))); }

        /** Price descending, then time, bidder, channel and extra ascending. */
        private static boolean before(Bid b, Bid w) {
            if (b.price != w.price) return b.price > w.price;
            if (b.dateTime != w.dateTime) return b.dateTime < w.dateTime;
            if (b.bidder != w.bidder) return b.bidder < w.bidder;
            int c = b.channel.compareTo(w.channel);
            return c != 0 ? c < 0 : b.extra.compareTo(w.extra) < 0;
        }

        @Override
        public void processElement(Bid b, Context c, Collector<Tuple8<Long, Long, Long, Long, String, String, Long, String>> out) throws Exception {
            List<Bid> list = top.value();
            if (list == null) list = new ArrayList<>(11);
            int at = list.size();
            while (at > 0 && before(b, list.get(at - 1))) at--;
            if (at == 10) return;
            list.add(at, b);
            if (list.size() > 10) list.remove(10);
            top.update(list);
            for (int i = at; i < list.size(); i++) {
                Bid t = list.get(i);
                out.collect(Tuple8.of(t.auction, i + 1L, t.bidder, t.price, t.channel, t.url, t.dateTime, t.extra));
            }
        }
    }

    private void q20() {
        sink(auctions().keyBy(a -> a.id, Types.LONG).connect(bids().keyBy(b -> b.auction, Types.LONG)).process(new Expand())
                .returns(Types.TUPLE(Types.LONG, Types.LONG, Types.LONG, Types.STRING, Types.STRING, Types.LONG, Types.STRING, Types.STRING, Types.STRING,
                        Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.LONG, Types.STRING)));
    }

    /** Unbounded: auctions stay for ever. Those of other categories leave a mark, so that their bids need not wait for ever. */
    static class Expand extends KeyedCoProcessFunction<Long, Auction, Bid, Tuple16<Long, Long, Long, String, String, Long, String, String, String,
            Long, Long, Long, Long, Long, Long, String>> {
        private transient ValueState<Boolean> known;
        private transient ValueState<Auction> auction;
        private transient ListState<Bid> early;

        @Override
        public void open(OpenContext c) {
            known = getRuntimeContext().getState(new ValueStateDescriptor<>("known", Types.BOOLEAN));
            auction = getRuntimeContext().getState(new ValueStateDescriptor<>("auction", AUCTION));
            early = getRuntimeContext().getListState(new ListStateDescriptor<>("early", BID));
        }

        @Override
        public void processElement1(Auction a, Context c, Collector<Tuple16<Long, Long, Long, String, String, Long, String, String, String,
                Long, Long, Long, Long, Long, Long, String>> out) throws Exception {
            boolean wanted = a.category == 10;
            known.update(wanted);
            if (wanted) {
                auction.update(a);
                for (Bid b : early.get()) join(a, b, out);
            }
            early.clear();
        }

        @Override
        public void processElement2(Bid b, Context c, Collector<Tuple16<Long, Long, Long, String, String, Long, String, String, String,
                Long, Long, Long, Long, Long, Long, String>> out) throws Exception {
            Boolean wanted = known.value();
            if (wanted == null) early.add(b);
            else if (wanted) join(auction.value(), b, out);
        }

        private static void join(Auction a, Bid b, Collector<Tuple16<Long, Long, Long, String, String, Long, String, String, String,
                Long, Long, Long, Long, Long, Long, String>> out) {
            out.collect(new Tuple16<>(b.auction, b.bidder, b.price, b.channel, b.url, b.dateTime, b.extra, a.itemName, a.description, a.initialBid,
                    a.reserve, a.dateTime, a.expires, a.seller, a.category, a.extra));
        }
    }

    private void q21() {
        sink(events.<Tuple5<Long, Long, Long, String, String>>flatMap((e, out) -> {
            if (e.kind != Event.BID) return;
            Bid b = e.bid;
            String id = switch (b.channel.toLowerCase()) {
                case "apple" -> "0";
                case "google" -> "1";
                case "facebook" -> "2";
                case "baidu" -> "3";
                default -> null;
            };
            if (id == null) {
                int at = b.url.indexOf("channel_id=");
                if (at < 0) return;
                int end = b.url.indexOf('&', at);
                id = b.url.substring(at + 11, end < 0 ? b.url.length() : end);
            }
            out.collect(Tuple5.of(b.auction, b.bidder, b.price, b.channel, id));
        }).returns(Types.TUPLE(Types.LONG, Types.LONG, Types.LONG, Types.STRING, Types.STRING)));
    }

    private void q22() {
        sink(bids().map(b -> {
            int a = b.url.indexOf('/', 8), d = b.url.indexOf('/', a + 1), e = b.url.indexOf('/', d + 1), f = b.url.indexOf('/', e + 1);
            return Tuple7.of(b.auction, b.bidder, b.price, b.channel, b.url.substring(a + 1, d), b.url.substring(d + 1, e), b.url.substring(e + 1, f));
        }).returns(Types.TUPLE(Types.LONG, Types.LONG, Types.LONG, Types.STRING, Types.STRING, Types.STRING, Types.STRING)));
    }
}
